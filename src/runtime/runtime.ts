import type { Random } from "../base/index.ts";
import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { HttpServing } from "./http-listener.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Network } from "./network.ts";
import type { Processes } from "./processes.ts";
import type { Web } from "./web.ts";

/** Everything a room may ask of the world. There is one for the real world and one for the simulator. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly http: HttpServing;
  readonly web: Web;
  readonly disk: Disk;
  readonly processes: Processes;
  readonly log: Log;
  readonly metrics: Metrics;
}
