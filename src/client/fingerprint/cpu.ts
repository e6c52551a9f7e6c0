import type { Disk } from "../../runtime/index.ts";
import { readIfThere } from "../read-if-there.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** Attributes `cpu.*`, and the node's CPU: cores times the frequency of the first one, in MHz. */
export const cpuFingerprint: Fingerprint = {
  name: "cpu",
  async detect({ runtime, log }) {
    const cpu = parseCpuInfo((await readIfThere(runtime.disk, "/proc/cpuinfo")) ?? "");
    if (cpu.cores === 0) return undefined;
    const mhz = cpu.mhz ?? (await highestFrequency(runtime.disk)) ?? 0;
    const total = cpu.cores * mhz;
    log.named("fingerprint.cpu").debug(`frequency: ${mhz} MHz`);
    log.named("fingerprint.cpu").debug(`core count: ${cpu.cores}`);
    return {
      attributes: {
        "cpu.modelname": cpu.model,
        "cpu.frequency": String(mhz),
        "cpu.numcores": String(cpu.cores),
        "cpu.totalcompute": String(total),
      },
      cpuMHz: total,
    };
  },
};

/** What `/proc/cpuinfo` says of the processors. */
export interface CpuInfo {
  readonly cores: number;
  /** Of the first core, without its fraction; undefined where the kernel does not tell (arm64). */
  readonly mhz: number | undefined;
  readonly model: string | undefined;
}

/** Reads `/proc/cpuinfo`; a text that says nothing gives no cores. */
export function parseCpuInfo(text: string): CpuInfo {
  const mhz = /^cpu MHz\s*:\s*([0-9.]+)/m.exec(text)?.[1];
  return {
    cores: text.match(/^processor\s*:/gm)?.length ?? 0,
    mhz: mhz === undefined ? undefined : Math.floor(Number(mhz)),
    model: /^model name\s*:\s*(.+)$/m.exec(text)?.[1]?.trim(),
  };
}

async function highestFrequency(disk: Disk): Promise<number | undefined> {
  const kilohertz = await readIfThere(disk, "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
  return kilohertz === undefined ? undefined : Math.floor(Number(kilohertz) / 1000) || undefined;
}
