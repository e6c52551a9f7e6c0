import type { DiskStats, HostStats } from "../../api/index.ts";
import type { Duration } from "../../base/index.ts";
import { type Disk, type OpenFile, pause, type Runtime } from "../../runtime/index.ts";
import { type Mount, parseMounts } from "../mounts.ts";
import { readIfThere } from "../read-if-there.ts";
import { type CoreCounters, coreShares, parseCores, parseMemory } from "./host-counters.ts";

/** Mounts and disks change slowly, and asking for them costs more than all the rest: they are read every so many samples. */
const samplesPerDiskReading = 15;

/** Large enough for the lines of some hundred cores. */
const longestCounterFile = 64 * 1024;

/** Looks at the machine at every interval and keeps the latest sample. Where there is no `/proc` there is none. */
export class HostSampler {
  readonly #runtime: Runtime;
  readonly #allocationDirectory: string;
  readonly #coreMHz: () => number;
  #latest: HostStats | null = null;
  #cores: ReadonlyMap<string, CoreCounters> = new Map();
  #samples = 0;
  #disks: readonly DiskStats[] = [];
  #allocationDisk: DiskStats | null = null;

  constructor(runtime: Runtime, allocationDirectory: string, coreMHz: () => number) {
    this.#runtime = runtime;
    this.#allocationDirectory = allocationDirectory;
    this.#coreMHz = coreMHz;
  }

  get latest(): HostStats | null {
    return this.#latest;
  }

  /** Samples at once and then at every interval, until `signal` fires. */
  async run(every: Duration, signal: AbortSignal): Promise<void> {
    const files = await openCounterFiles(this.#runtime.disk);
    if (files === undefined) return;
    try {
      do {
        this.#latest = await this.#sample(files);
      } while (await pause(this.#runtime.clock, every, signal));
    } finally {
      await Promise.all([files.stat.close(), files.meminfo.close(), files.uptime.close()]);
    }
  }

  async #sample(files: CounterFiles): Promise<HostStats> {
    if (this.#samples % samplesPerDiskReading === 0) await this.#readDisks();
    this.#samples += 1;
    const [stat, meminfo, uptime] = [await textOf(files.stat), await textOf(files.meminfo), await textOf(files.uptime)];
    const cores = parseCores(stat);
    const CPU = cores.map((core) => coreShares(this.#cores.get(core.name), core));
    this.#cores = new Map(cores.map((core) => [core.name, core]));
    return {
      Memory: parseMemory(meminfo),
      CPU,
      DiskStats: this.#disks,
      AllocDirStats: this.#allocationDisk,
      DeviceStats: [],
      Uptime: Math.floor(Number.parseFloat(uptime) || 0),
      Timestamp: this.#runtime.clock.wallTime(),
      CPUTicksConsumed: CPU.reduce((sum, { Total }) => sum + (Total / 100) * this.#coreMHz(), 0),
    };
  }

  async #readDisks(): Promise<void> {
    const { disk } = this.#runtime;
    const types = physicalTypes((await readIfThere(disk, "/proc/filesystems")) ?? "");
    const mounts = parseMounts((await readIfThere(disk, "/proc/self/mounts")) ?? "").filter(({ type }) =>
      types.has(type),
    );
    const read = await Promise.all(mounts.map((mount) => diskStats(disk, mount)));
    this.#disks = read.filter((stats) => stats !== undefined);
    this.#allocationDisk = (await diskStats(disk, { device: "", path: this.#allocationDirectory, type: "" })) ?? null;
    if (this.#allocationDisk !== null) this.#allocationDisk = { ...this.#allocationDisk, Mountpoint: "" };
  }
}

interface CounterFiles {
  readonly stat: OpenFile;
  readonly meminfo: OpenFile;
  readonly uptime: OpenFile;
}

/** They are kept open: the kernel writes them anew for each reading. */
async function openCounterFiles(disk: Disk): Promise<CounterFiles | undefined> {
  const paths = ["/proc/stat", "/proc/meminfo", "/proc/uptime"];
  const opened = await Promise.allSettled(paths.map((path) => disk.open(path, "read")));
  const [stat, meminfo, uptime] = opened.map((result) => (result.status === "fulfilled" ? result.value : undefined));
  if (stat !== undefined && meminfo !== undefined && uptime !== undefined) return { stat, meminfo, uptime };
  for (const file of [stat, meminfo, uptime]) await file?.close();
  return undefined;
}

async function textOf(file: OpenFile): Promise<string> {
  return Buffer.from(await file.read(0, longestCounterFile)).toString("latin1");
}

/** File systems that keep their data on a device; others (tmpfs, proc, network mounts) are not the machine's disks. */
function physicalTypes(filesystems: string): ReadonlySet<string> {
  const lines = filesystems.split("\n").filter((line) => line.startsWith("\t"));
  return new Set(lines.map((line) => line.trim()));
}

/** Undefined when the mount cannot be reached. */
async function diskStats(disk: Disk, { device, path }: Mount): Promise<DiskStats | undefined> {
  const space = await disk.space(path).catch(() => undefined);
  if (space === undefined) return undefined;
  const percent = (part: number, whole: number) => (whole > 0 ? (part / whole) * 100 : 0);
  return {
    Device: device,
    Mountpoint: path,
    Size: space.totalBytes,
    Used: space.usedBytes,
    Available: space.freeBytes,
    UsedPercent: percent(space.usedBytes, space.totalBytes),
    InodesUsedPercent: percent(space.totalInodes - space.freeInodes, space.totalInodes),
  };
}
