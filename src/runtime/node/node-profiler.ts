import { Session } from "node:inspector/promises";
import type { Duration } from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import { type Profiler, ProfileUnderWay } from "../profiler.ts";

/** Some of these come very often: what lives through promises and callbacks is left out. */
const traced = [
  "v8",
  "node.environment",
  "node.http",
  "node.fs.async",
  "node.fs.sync",
  "node.net.native",
  "node.dns.native",
  "node.threadpoolwork.async",
  "node.threadpoolwork.sync",
];
/** Of some hundred bytes each. */
const mostEvents = 200_000;

/** Asks V8, through its inspector, which listens nowhere. */
export class NodeProfiler implements Profiler {
  readonly #clock: Clock;
  #isBusy = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  processor(time: Duration, signal: AbortSignal): Promise<string> {
    return this.#alone(async (session) => {
      await session.post("Profiler.enable");
      await session.post("Profiler.start");
      await this.#clock.sleep(time, signal);
      return JSON.stringify((await session.post("Profiler.stop")).profile);
    });
  }

  heap(time: Duration, signal: AbortSignal): Promise<string> {
    return this.#alone(async (session) => {
      await session.post("HeapProfiler.enable");
      await session.post("HeapProfiler.startSampling");
      await this.#clock.sleep(time, signal);
      return JSON.stringify((await session.post("HeapProfiler.stopSampling")).profile);
    });
  }

  trace(time: Duration, signal: AbortSignal): Promise<string> {
    return this.#alone(async (session) => {
      const events: object[] = [];
      session.on("NodeTracing.dataCollected", ({ params }) => {
        for (const event of params.value) if (events.length < mostEvents) events.push(event);
      });
      const complete = new Promise((resolve) => session.once("NodeTracing.tracingComplete", resolve));
      await session.post("NodeTracing.start", { traceConfig: { includedCategories: traced } });
      try {
        await this.#clock.sleep(time, signal);
      } finally {
        await session.post("NodeTracing.stop");
        await complete;
      }
      return JSON.stringify({ traceEvents: events });
    });
  }

  underWay(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return counts;
  }

  async #alone(profile: (session: Session) => Promise<string>): Promise<string> {
    if (this.#isBusy) throw new ProfileUnderWay();
    this.#isBusy = true;
    const session = new Session();
    try {
      session.connect();
      return await profile(session);
    } finally {
      // With its session everything ends that it has begun.
      session.disconnect();
      this.#isBusy = false;
    }
  }
}
