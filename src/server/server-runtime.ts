import type { Runtime } from "../runtime/index.ts";

/** What a server asks of the world. */
export type ServerRuntime = Pick<Runtime, "clock" | "random" | "log" | "metrics">;
