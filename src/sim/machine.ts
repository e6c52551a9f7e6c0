import { assert, type Duration, type Instant, later, milliseconds, type SeededRandom, times } from "../base/index.ts";
import {
  type Clock,
  type Disk,
  InProcessHttp,
  inProcessWeb,
  type LogRecord,
  logInto,
  MemoryDatabases,
  MemoryDisk,
  type Processes,
  sleepOn,
  unmeasured,
} from "../runtime/index.ts";
import type { ClusterRuntime } from "../server/index.ts";
import { Gate } from "./gate.ts";
import type { SimNetwork } from "./sim-network.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The machine on which an agent runs: its disk and databases outlive the agent's process. */
export class Machine {
  readonly address: string;
  /** How long a sync of the databases takes. */
  syncTime: Duration = milliseconds(1);
  /** How far the clock of the next process is ahead of the world's, or behind it. */
  clockSkew: Duration = milliseconds(0);
  /** How many timers of its processes have fired. */
  timersFired = 0;
  readonly #time: VirtualTime;
  readonly #network: SimNetwork;
  readonly #random: SeededRandom;
  readonly #said: (record: LogRecord) => void;
  #disk: MemoryDisk;
  #databases: MemoryDatabases;
  #life: Life | undefined;
  #setAside = 0;

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
    this.#databases = this.#newDatabases();
  }

  /** The world for a new process. */
  boot(): { readonly life: Life; readonly runtime: ClusterRuntime; readonly http: InProcessHttp } {
    const life = new Life();
    this.#life = life;
    const http = new InProcessHttp();
    const runtime: ClusterRuntime = {
      clock: clockOf(
        () => life,
        this.#time,
        this.clockSkew,
        () => this.timersFired++,
      ),
      random: this.#random.fork("process"),
      network: this.#network.at(this.address, life.gate),
      http,
      web: inProcessWeb((address) => http.client(address)),
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
    // Whoever waits to ask it something finds that it is gone.
    this.#life?.gate.open(this.#time);
    this.#databases.crash();
    this.#disk.crash(this.#random);
    this.#network.crash(this.address);
  }

  /** The process is stopped, as by SIGSTOP: it does nothing until `resume`. Its peers see no more than silence. */
  pause(): void {
    this.#life?.gate.close();
  }

  get isPaused(): boolean {
    return this.#life?.gate.isClosed ?? false;
  }

  resume(): void {
    this.#life?.gate.open(this.#time);
  }

  /** Resolves when the process runs: whoever asks it something waits for that. */
  async awake(): Promise<void> {
    await this.#life?.gate.passed();
  }

  /** Whether something is wrong with its disk, so that a process may refuse to start. */
  get isInTrouble(): boolean {
    return this.isFull || this.isDamaged;
  }

  get isFull(): boolean {
    return this.#disk.isFull;
  }

  get isDamaged(): boolean {
    return this.#databases.isDamaged(serverDatabase);
  }

  /** Nothing can be written from now on, until there is `room` again. */
  fill(): void {
    this.#databases.failWith("full");
    this.#disk.isFull = true;
  }

  room(): void {
    this.#databases.recover();
    this.#disk.isFull = false;
  }

  /** Some page of the server's database is no longer what was written. */
  damage(): void {
    this.#databases.damage(serverDatabase);
  }

  /** What its operator does with a log that cannot be used: it is moved elsewhere, whole. */
  async setAside(): Promise<void> {
    const aside = `${raftDirectory}.aside-${++this.#setAside}`;
    await this.#disk.rename(raftDirectory, aside);
    await this.#databases.setAside(serverDatabase, `${aside}/raft.db`);
  }

  /** Another machine takes this one's place, at the same address: nothing of the old one's disk is there. */
  replace(): void {
    assert(this.#life?.isOver !== false, "a machine is replaced while nothing runs on it");
    this.#disk = new MemoryDisk(this.#time);
    this.#databases = this.#newDatabases();
  }

  /** The process learns of what a disk has done as it learns of all else. */
  #newDatabases(): MemoryDatabases {
    const clock = clockOf(
      () => this.#life,
      this.#time,
      noSkew,
      () => {},
    );
    return new MemoryDatabases(clock, this.#random.fork("databases"), { syncTime: () => this.syncTime });
  }
}

const raftDirectory = "/data/server/raft";
const serverDatabase = `${raftDirectory}/raft.db`;
const noSkew: Duration = milliseconds(0);
const skewGrain = 4096 as Duration;

/** One process, from its start until it is gone: afterwards nothing that it asks of the world comes about. */
export class Life {
  readonly #end = new AbortController();
  /** Fires when the process is gone. */
  readonly ended: AbortSignal = this.#end.signal;
  readonly gate = new Gate();

  get isOver(): boolean {
    return this.ended.aborted;
  }

  end(): void {
    this.#end.abort();
  }
}

/** Time as the process of a life sees it, whose wall clock may be wrong. `fired` hears of every timer. */
function clockOf(lifeNow: () => Life | undefined, time: VirtualTime, asked: Duration, fired: () => void): Clock {
  // Instants are whole multiples of 256 ns in our days: only what is one too is taken away as exactly as it was added.
  const skew = times(skewGrain, Math.round(asked / skewGrain));
  const now = () => later(time.now(), skew);
  const at = (when: Instant, wake: () => void) => {
    const life = lifeNow();
    let isCanceled = false;
    const woken = () => {
      if (isCanceled || life?.isOver === true) return;
      fired();
      wake();
    };
    const cancel = time.at(later(when, times(skew, -1)), () => (life === undefined ? woken() : life.gate.pass(woken)));
    return () => {
      isCanceled = true;
      cancel();
    };
  };
  return { now, wallTime: now, at, sleep: (duration, signal) => sleepOn({ now, at }, duration, signal) };
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
  pipe: ({ command }) => {
    throw Object.assign(new Error(`no program ${command} here`), { code: "ENOENT" });
  },
  expectPrograms: () => {},
  makeReady: async () => {},
  supervise: async ({ command }) => {
    throw Object.assign(new Error(`no program ${command} here`), { code: "ENOENT" });
  },
  limitsUnavailable: () => "there are no programs here",
  recover: async () => undefined,
  tree: () => ({ usage: () => [] }),
  user: async () => undefined,
  effectiveUserID: 1000,
  environment: {},
};
