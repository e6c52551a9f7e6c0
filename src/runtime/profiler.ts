import type { Duration } from "../base/index.ts";

/** Another profile is being taken: two would measure each other. */
export class ProfileUnderWay extends Error {
  override readonly name = "ProfileUnderWay";

  constructor() {
    super("a profile is being taken already");
  }
}

/** What the engine can tell of the program that it runs. */
export interface Profiler {
  /** Where the time goes, as Chrome's `.cpuprofile`. Rejects with `ProfileUnderWay`, and with the signal's reason. */
  processor(time: Duration, signal: AbortSignal): Promise<string>;
  /** What takes memory that is not given back meanwhile, as Chrome's `.heapprofile`. Rejects alike. */
  heap(time: Duration, signal: AbortSignal): Promise<string>;
  /**
   * What the program does, event by event: requests, files, phases of the event loop, collections of garbage; as JSON of Chrome's
   * trace format. Of very many the first are kept. Rejects alike.
   */
  trace(time: Duration, signal: AbortSignal): Promise<string>;
  /** What is under way outside the one thread, by kind: sockets, timers, requests of files. */
  underWay(): ReadonlyMap<string, number>;
}
