import { instantOf, milliseconds, SeededRandom } from "../../base/index.ts";
import { logInto, ManualClock, MemoryDatabases, MemoryDisk, unmeasured } from "../../runtime/index.ts";
import type { ClientRuntime } from "../state/open-state.ts";

/** A world for tests: time moved by hand, an empty disk, no network, no programs, and a log that is kept. */
export interface FakeRuntime extends ClientRuntime {
  readonly clock: ManualClock;
  readonly disk: MemoryDisk;
  readonly databases: MemoryDatabases;
  /** Records as `[DEBUG] client: phrase`, fields left out. */
  readonly logged: readonly string[];
}

/** A fresh world; each test has its own. */
export function fakeRuntime(): FakeRuntime {
  const clock = new ManualClock(instantOf(1_000_000_000_000_000_000));
  const logged: string[] = [];
  return {
    clock,
    random: new SeededRandom("client"),
    disk: new MemoryDisk(clock),
    databases: new MemoryDatabases(clock, new SeededRandom("databases"), { syncTime: () => milliseconds(0) }),
    network: {
      listen: () => Promise.reject(new Error("no network here")),
      connect: () => Promise.reject(new Error("no network here")),
      connectLocal: () => Promise.reject(new Error("no network here")),
      bindDatagram: () => Promise.reject(new Error("no network here")),
    },
    http: {
      listen: () => Promise.reject(new Error("no network here")),
      client: () => ({ send: () => Promise.reject(new Error("no network here")) }),
    },
    web: { get: () => Promise.reject(new Error("no network here")) },
    processes: {
      run: () => Promise.reject(new Error("no programs here")),
      pipe: () => {
        throw new Error("no programs here");
      },
      expectPrograms: () => {},
      makeReady: async () => {},
      supervise: () => Promise.reject(new Error("no programs here")),
      recover: () => Promise.resolve(undefined),
      tree: () => ({ usage: () => [] }),
      limitsUnavailable: () => "no programs here",
      user: () => Promise.resolve(undefined),
      effectiveUserID: 1000,
      environment: { PATH: "/bin" },
    },
    log: logInto(({ level, subsystem, phrase }) => logged.push(`[${level}] ${subsystem}: ${phrase}`)),
    metrics: unmeasured,
    logged,
  };
}
