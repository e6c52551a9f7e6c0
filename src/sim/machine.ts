import { type Duration, milliseconds, type SeededRandom } from "../base/index.ts";
import {
  type Clock,
  type Disk,
  InProcessHttp,
  type LogRecord,
  logInto,
  MemoryDatabases,
  MemoryDisk,
  type Processes,
  sleepOn,
  unmeasured,
} from "../runtime/index.ts";
import type { ClusterRuntime } from "../server/index.ts";
import type { SimNetwork } from "./sim-network.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The machine on which an agent runs: its disk and databases outlive the agent's process. */
export class Machine {
  readonly address: string;
  /** How long a sync of the databases takes. */
  syncTime: Duration = milliseconds(1);
  readonly #time: VirtualTime;
  readonly #network: SimNetwork;
  readonly #random: SeededRandom;
  readonly #said: (record: LogRecord) => void;
  readonly #disk: MemoryDisk;
  readonly #databases: MemoryDatabases;
  #life: Life | undefined;

  /** `said` hears what the processes of this machine write to their log. */
  constructor(
    world: { readonly time: VirtualTime; readonly network: SimNetwork },
    address: string,
    random: SeededRandom,
    said: (record: LogRecord) => void,
  ) {
    this.address = address;
    this.#time = world.time;
    this.#network = world.network;
    this.#random = random;
    this.#said = said;
    this.#disk = new MemoryDisk(world.time);
    this.#databases = new MemoryDatabases(world.time, random.fork("databases"), { syncTime: () => this.syncTime });
  }

  /** The world for a new process. */
  boot(): { readonly life: Life; readonly runtime: ClusterRuntime; readonly http: InProcessHttp } {
    const life = new Life();
    this.#life = life;
    const http = new InProcessHttp();
    const runtime: ClusterRuntime = {
      clock: clockOf(life, this.#time),
      random: this.#random.fork("process"),
      network: this.#network.at(this.address),
      http,
      disk: diskOf(life, this.#disk),
      databases: this.#databases,
      processes: noPrograms,
      log: logInto((record) => {
        if (!life.isOver) this.#said(record);
      }),
      metrics: unmeasured,
    };
    return { life, runtime, http };
  }

  /** The process is gone in the middle of whatever it did: what was not synced may be lost. */
  crash(): void {
    this.#life?.end();
    this.#databases.crash();
    this.#network.crash(this.address);
  }
}

/** One process, from its start until it is gone: afterwards nothing that it asks of the world comes about. */
export class Life {
  readonly #end = new AbortController();
  /** Fires when the process is gone. */
  readonly ended: AbortSignal = this.#end.signal;

  get isOver(): boolean {
    return this.ended.aborted;
  }

  end(): void {
    this.#end.abort();
  }
}

function clockOf(life: Life, time: VirtualTime): Clock {
  const at: Clock["at"] = (when, wake) =>
    time.at(when, () => {
      if (!life.isOver) wake();
    });
  return {
    now: () => time.now(),
    at,
    sleep: (duration, signal) => sleepOn({ now: () => time.now(), at }, duration, signal),
  };
}

function diskOf(life: Life, disk: Disk): Disk {
  return new Proxy(disk, {
    get: (target, name) => {
      if (life.isOver) return () => new Promise<never>(() => {});
      const method: unknown = Reflect.get(target, name);
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
}

/** No programs run in a simulated world: its tasks are those of the mock driver. */
const noPrograms: Processes = {
  run: async ({ command }) => {
    throw Object.assign(new Error(`no program ${command} here`), { code: "ENOENT" });
  },
  supervise: async ({ command }) => {
    throw Object.assign(new Error(`no program ${command} here`), { code: "ENOENT" });
  },
  limitsUnavailable: () => "there are no programs here",
  recover: async () => undefined,
  usage: async () => [],
  user: async () => undefined,
  effectiveUserID: 1000,
  environment: {},
};
