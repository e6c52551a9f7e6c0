import { type Duration, later, SeededRandom, seconds } from "../../base/index.ts";
import type { Clock, Log, LogFields, Runtime } from "../../runtime/index.ts";
import type { ServerConfig } from "../config.ts";
import type { Tenure } from "../leadership/tenure.ts";
import { TestLog } from "./test-log.ts";

/** Time that is moved on event by event, such as the simulator's. */
export interface SteppedClock extends Clock {
  next(): number | undefined;
  step(): void;
}

/** A runtime for tests: time moved by hand, chance by a seed, a log that is kept, and nothing else of the world. */
export interface TestRuntime extends Runtime {
  /** Records as `[DEBUG] worker: phrase key=value`. */
  readonly logged: readonly string[];
  /** The last value of each gauge, by its name with dots. */
  readonly gauges: ReadonlyMap<string, number>;
}

/** The configuration of a server that is alone by intent. */
export const serverConfig: ServerConfig = {
  nodeName: "one",
  region: "global",
  datacenter: "dc1",
  rpcAddress: "127.0.0.1:4647",
  serfAddress: "127.0.0.1:4648",
  bootstrap: true,
  workers: 2,
  schedulers: ["service", "batch", "system", "_core"],
  heartbeatGrace: seconds(10),
  nodeCollectionAge: seconds(24 * 3600),
};

export function testRuntime(clock: Clock, seed = "server"): TestRuntime {
  const logged: string[] = [];
  const gauges = new Map<string, number>();
  const missing = (what: string) => () => Promise.reject(new Error(`there is no ${what} in this test`));
  return {
    clock,
    random: new SeededRandom(seed),
    log: keptLog(logged, "agent"),
    metrics: { count: () => {}, time: () => {}, gauge: (name, value) => void gauges.set(name.join("."), value) },
    network: { listen: missing("network"), connect: missing("network"), bindDatagram: missing("network") },
    http: { listen: missing("network") },
    logged,
    gauges,
    ...({ disk: undefined, processes: undefined } as unknown as Pick<Runtime, "disk" | "processes">),
  };
}

/** A tenure on a log of its own, and how to end it. */
export interface TestTenure extends Tenure {
  readonly runtime: TestRuntime;
  readonly log: TestLog;
  end(reason?: Error): void;
}

export function testTenure(clock: Clock, log = new TestLog(clock)): TestTenure {
  const ended = new AbortController();
  return {
    term: 1,
    signal: ended.signal,
    state: log.state,
    runtime: testRuntime(clock),
    config: serverConfig,
    log,
    end: (reason = new Error("the tenure is over")) => ended.abort(reason),
  };
}

/** Lets everything settle that waits for nothing but promises. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await undefined;
}

/** Moves time on by `time`, event by event, and lets each have its consequences. */
export async function advance(clock: SteppedClock, time: Duration): Promise<void> {
  const end = later(clock.now(), time);
  let reached = false;
  clock.at(end, () => {
    reached = true;
  });
  await settle();
  while (!reached) {
    clock.step();
    await settle();
  }
}

/** How a promise stands. */
export async function stateOf(promise: Promise<unknown>): Promise<"waits" | "resolved" | "rejected"> {
  let found: "waits" | "resolved" | "rejected" = "waits";
  promise.then(
    () => {
      found = "resolved";
    },
    () => {
      found = "rejected";
    },
  );
  await settle();
  return found;
}

function keptLog(logged: string[], subsystem: string): Log {
  const at =
    (level: string) =>
    (phrase: string, fields: LogFields = {}) => {
      const texts = Object.entries(fields).map(
        ([name, value]) => ` ${name}=${value instanceof Error ? value.message : value}`,
      );
      logged.push(`[${level}] ${subsystem}: ${phrase}${texts.join("")}`);
    };
  return {
    trace: at("TRACE"),
    debug: at("DEBUG"),
    info: at("INFO"),
    warn: at("WARN"),
    error: at("ERR"),
    named: (other) => keptLog(logged, other),
  };
}
