import * as z from "zod";
import { schedulerConfiguration } from "../../model/index.ts";
import { flag, listOf, mapOf, optional, struct, text, whole } from "../../wire/index.ts";
import type * as operatorRoutes from "../http/operator.ts";
import type * as schedulerRoutes from "../http/scheduler.ts";
import type * as searchRoutes from "../http/search.ts";
import type * as snapshotRoutes from "../http/snapshot.ts";
import type * as statusRoutes from "../http/status.ts";
import { raftServer } from "../rpc/raft-server.ts";
import { type Bytes, type Descriptions, text as textForm, whole as wholeForm } from "./description.ts";

const freshness = { Index: whole, KnownLeader: flag, LastContact: whole };

export const status: Descriptions<typeof statusRoutes> = {
  getLeader: {
    summary: "Tell the RPC address of the leader",
    details: "An empty text if there is none.",
    answers: text,
  },
  getPeers: { summary: "List the RPC addresses of all servers of the region", answers: listOf(text) },
  listRegions: { summary: "List the regions that are known", answers: listOf(text) },
  collectGarbage: {
    summary: "Clear away what is done with, however new",
    details: "The answer comes before the work is done.",
    answers: "nothing",
  },
  reconcileSummaries: { summary: "Count the allocations of all jobs anew", answers: "nothing" },
};

export const search: Descriptions<typeof searchRoutes> = {
  searchPrefix: {
    summary: "Find IDs by their beginning",
    details:
      "`Context` is `jobs`, `nodes`, `allocs`, `evals` or `all`. Of each kind the first 20 are told; `Truncations` says where there are more.",
    answers: struct({ Matches: mapOf(listOf(text)), Truncations: mapOf(flag), ...freshness }),
  },
};

const peer = {
  id: { says: "the ID of the server; this or `address`", form: textForm },
  address: { says: "its RPC address, as `ip:port`", form: textForm },
};

export const operator: Descriptions<typeof operatorRoutes> = {
  raftConfiguration: {
    summary: "List the servers that Raft counts",
    details: "With `stale` any server answers, also without a leader.",
    answers: struct({ Servers: listOf(raftServer), Index: whole }),
  },
  removeRaftPeer: {
    summary: "Take a server out of Raft's configuration",
    details: "400 for one that is not in it, and for the last that votes.",
    query: peer,
    answers: "nothing",
  },
  transferLeadership: {
    summary: "Let another server lead",
    details: "The answer comes once this one no longer leads. `Noop` says that the other led already.",
    query: peer,
    answers: struct({ From: optional(raftServer), To: optional(raftServer), Noop: flag, Err: z.null() }),
  },
};

export const scheduler: Descriptions<typeof schedulerRoutes> = {
  getSchedulerConfiguration: {
    summary: "Tell how schedulers work",
    details: "Its indexes are 0 until somebody has set it.",
    answers: struct({ SchedulerConfig: optional(schedulerConfiguration), ...freshness, NextToken: text }),
  },
  setSchedulerConfiguration: {
    summary: "Have schedulers work otherwise",
    details:
      "The body is all of it: what is left out has its default. 400 for an algorithm that is neither `binpack` nor `spread`.",
    query: {
      cas: {
        says: "only if the configuration was last changed at this index, 0 if never; otherwise `Updated` is false",
        form: wholeForm,
      },
    },
    answers: struct({ Updated: flag, Index: whole }),
  },
};

const region = { says: "the region to ask; without it, that of the agent", form: textForm };

const archive: Bytes = { type: "application/gzip", says: "the file of a snapshot" };

export const snapshot: Descriptions<typeof snapshotRoutes> = {
  saveSnapshot: {
    summary: "Save the state as a file",
    details:
      "It holds all that jobs say, and has 1 GiB at most. The header `Digest` says `sha-256=` and the digest in base64. With `stale` any server answers. " +
      "Four are saved or restored at a time; another is refused with 429.",
    query: { region, stale: { says: "any server may answer, also without a leader", form: textForm } },
    answers: archive,
  },
  restoreSnapshot: {
    summary: "Put a saved state in place of the present one",
    details:
      "The answer comes once it is done on the leader, which then steps down: for a second or two nobody may lead. 400 for a file that is damaged, cut short or " +
      "foreign, and then nothing is changed.",
    query: { region },
    body: archive,
    answers: "nothing",
  },
};
