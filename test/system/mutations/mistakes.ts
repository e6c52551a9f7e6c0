import type { Edit } from "./plant.ts";

/** A mistake, and what the simulator says when it sees it. */
export interface Mistake {
  readonly edits: readonly Edit[];
  readonly seenAs: RegExp;
}

const brokenOrder = /did not happen in any one order/;
const statesDiffer = /all states at an index are the same/;
const raftStops = /Cannot go on with Raft/;

/** Mistakes in consensus, in what servers make of it, in scheduling and in clients, each as small as one could be made. */
export const mistakes: Readonly<Record<string, Mistake>> = {
  "one server fewer makes a majority": {
    edits: [
      {
        file: "raft/core/quorum.ts",
        from: "return Math.floor(voters / 2) + 1;",
        to: "return Math.max(1, Math.floor(voters / 2));",
      },
    ],
    seenAs: /a term has one leader|leaders are complete|all states at an index are the same/,
  },
  "entries are applied twice": {
    edits: [
      {
        file: "raft/core/raft.ts",
        from: "this.#out.apply.push(...this.#log.between(this.#commit + 1, index));",
        to: "this.#out.apply.push(...this.#log.between(Math.max(this.#commit, 1 + this.#log.base.index), index));",
      },
    ],
    seenAs: raftStops,
  },
  "a write is acknowledged although the leadership was lost meanwhile": {
    edits: [
      {
        file: "raft/raft-host.ts",
        from: "for (const open of this.#awaiting.values()) open.reject(new LeadershipLost());",
        to: "for (const [index, open] of this.#awaiting) open.resolve({ index, result: { index, result: { ok: true }, changes: [] } });",
      },
    ],
    seenAs: brokenOrder,
  },
  "a registration is acknowledged before it is committed": {
    edits: [
      {
        file: "server/endpoints/jobs.ts",
        from: "const { index } = await state.propose(jobRegister, { Job, Eval });",
        to: "const index = 1; state.propose(jobRegister, { Job, Eval }).catch(() => {});",
      },
    ],
    seenAs: brokenOrder,
  },
  "what an entry does depends on more than the state": {
    edits: [
      {
        file: "state/commands/job-register.ts",
        from: "SubmitTime: context.at,",
        to: "SubmitTime: (globalThis.times = (globalThis.times ?? 0) + 1),",
      },
    ],
    seenAs: statesDiffer,
  },
  "a leader's snapshot takes its place in the log, but what it holds is not taken": {
    edits: [{ file: "raft/core/raft.ts", from: "this.#out.restore = snapshot;", to: "" }],
    seenAs: raftStops,
  },
  "a snapshot lacks the last allocation": {
    edits: [
      {
        file: "state/write-snapshot.ts",
        from: "yield* withJobsSaidOnce(view.allocations.all(), said);",
        to: "yield* withJobsSaidOnce([...view.allocations.all()].slice(0, -1), said);",
      },
      {
        file: "state/write-snapshot.ts",
        from: "rows: view[name].size",
        to: 'rows: name === "allocations" ? Math.max(0, view[name].size - 1) : view[name].size',
      },
    ],
    seenAs: statesDiffer,
  },
  "a new leader does not look for evaluations that wait": {
    edits: [
      {
        file: "server/leadership/evaluation-queue.ts",
        from: "for (const evaluation of this.#tenure.state.view().evaluations.all()) this.#take(evaluation);",
        to: "",
      },
    ],
    seenAs: /is pending/,
  },
  "an evaluation whose worker is gone is not delivered again": {
    edits: [
      {
        file: "server/leadership/evaluation-queue.ts",
        from: "const nackTimeout = seconds(60);",
        to: "const nackTimeout = seconds(60_000);",
      },
    ],
    seenAs: /is pending/,
  },
  "a client does not hear that an allocation is to stop": {
    edits: [
      {
        file: "client/allocations.ts",
        from: "for (const allocation of known) this.#runners.get(allocation.ID)?.update(allocation);",
        to: "for (const allocation of known) if (!isServerTerminal(allocation)) this.#runners.get(allocation.ID)?.update(allocation);",
      },
    ],
    seenAs: /still runs allocation/,
  },
};
