import { instantOf, SeededRandom, seconds } from "../../base/index.ts";
import {
  type Gauge,
  type Labels,
  type LogRecord,
  logInto,
  ManualClock,
  type MetricName,
  settled,
  unmeasured,
} from "../../runtime/index.ts";
import type { ServerConfig } from "../config.ts";
import type { Tenure } from "../leadership/tenure.ts";
import type { ServerRuntime } from "../server-runtime.ts";
import { TestLog } from "./test-log.ts";

/** A runtime for tests: time moved by hand, chance by a seed, and log and gauges that are kept. */
export interface TestRuntime extends ServerRuntime {
  readonly clock: ManualClock;
  /** Records as `[DEBUG] worker: phrase key=value`. */
  readonly logged: readonly string[];
  /** What each gauge shows at this moment, by its name with dots and its labels. */
  gauges(): Readonly<Record<string, number>>;
  /** What was counted, and how often something was timed, by the same names. */
  readonly tally: ReadonlyMap<string, number>;
}

/** 2026-01-01T00:00:00Z. */
const beginning = instantOf(1_767_225_600e9);

/** The configuration of a server that is alone by intent. */
export const serverConfig: ServerConfig = {
  nodeName: "one",
  region: "global",
  datacenter: "dc1",
  rpcAddress: "127.0.0.1:4647",
  rpcBind: "127.0.0.1:4647",
  serfAddress: "127.0.0.1:4648",
  serfBind: "127.0.0.1:4648",
  bootstrap: true,
  bootstrapExpect: 1,
  workers: 2,
  schedulers: ["service", "batch", "system", "_core"],
  heartbeatGrace: seconds(10),
  nodeCollectionAge: seconds(24 * 3600),
};

export function testRuntime(clock = new ManualClock(beginning), seed = "server"): TestRuntime {
  const logged: string[] = [];
  const looks = new Set<() => Iterable<Gauge>>();
  const tally = new Map<string, number>();
  const add = (name: MetricName, by: number, labels?: Labels) => {
    const shown = shownName(name, labels);
    tally.set(shown, (tally.get(shown) ?? 0) + by);
  };
  return {
    clock,
    random: new SeededRandom(seed),
    log: logInto((record) => logged.push(lineOf(record))),
    metrics: {
      ...unmeasured,
      count: (name, by = 1, labels) => add(name, by, labels),
      time: (name) => add(name, 1),
      observe: (look) => {
        looks.add(look);
        return () => looks.delete(look);
      },
    },
    logged,
    tally,
    gauges: () => Object.fromEntries([...looks].flatMap((look) => [...look()].map(shownGauge))),
  };
}

function shownGauge({ name, value, labels }: Gauge): readonly [string, number] {
  return [shownName(name, labels), value];
}

function shownName(name: MetricName, labels: Labels = {}): string {
  return [name.join("."), ...Object.entries(labels).map(([label, its]) => `${label}=${its}`)].join(" ");
}

/** A tenure on a log of its own, and how to end it. */
export interface TestTenure extends Tenure {
  readonly runtime: TestRuntime;
  readonly log: TestLog;
  end(reason?: Error): void;
}

export function testTenure(runtime = testRuntime(), log = new TestLog(runtime.clock)): TestTenure {
  const ended = new AbortController();
  return {
    term: 1,
    signal: ended.signal,
    state: log.state,
    runtime,
    config: serverConfig,
    log,
    end: (reason = new Error("the tenure is over")) => ended.abort(reason),
  };
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
  await settled();
  return found;
}

function lineOf({ level, subsystem, phrase, fields }: LogRecord): string {
  const texts = Object.entries(fields).map(
    ([name, value]) => ` ${name}=${value instanceof Error ? value.message : value}`,
  );
  return `[${level}] ${subsystem}: ${phrase}${texts.join("")}`;
}
