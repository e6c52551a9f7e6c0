import type { AllocationUsage } from "../../model/index.ts";
import type { FileInfo, HostStats, StreamFrame } from "./client-shapes.ts";
import { localRoute } from "./route.ts";

/** Files, logs and usage, and their end: done by the client that holds the allocation; other agents ask it. */

export const hostStats = localRoute<HostStats | null>()({ verbs: "any", path: "/v1/client/stats" });

export const allocationStats = localRoute<AllocationUsage>()({
  verbs: "any",
  path: "/v1/client/allocation/{AllocID}/stats",
});

/** The answer is empty. */
export const collectAllocation = localRoute<void>()({ verbs: "any", path: "/v1/client/allocation/{AllocID}/gc" });

export const collectAllocations = localRoute<void>()({ verbs: "any", path: "/v1/client/gc" });

export const listDirectory = localRoute<readonly FileInfo[]>()({ verbs: "any", path: "/v1/client/fs/ls/{AllocID}" });

export const statFile = localRoute<FileInfo>()({ verbs: "any", path: "/v1/client/fs/stat/{AllocID}" });

export const readFile = localRoute<AsyncIterable<Uint8Array>>()({
  verbs: "any",
  path: "/v1/client/fs/cat/{AllocID}",
});

export const readFileAt = localRoute<AsyncIterable<Uint8Array>>()({
  verbs: "any",
  path: "/v1/client/fs/readat/{AllocID}",
});

export const streamFile = localRoute<AsyncIterable<StreamFrame>>()({
  verbs: "any",
  path: "/v1/client/fs/stream/{AllocID}",
});

export const streamLogs = localRoute<AsyncIterable<StreamFrame>>()({
  verbs: "any",
  path: "/v1/client/fs/logs/{AllocID}",
});
