/** What one core has spent since the machine started, in the kernel's ticks. */
export interface CoreCounters {
  readonly name: string;
  readonly user: number;
  readonly system: number;
  readonly idle: number;
  readonly total: number;
}

/** The cores of `/proc/stat`, in their order. */
export function parseCores(text: string): readonly CoreCounters[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", ...fields] = line.split(" ");
    if (!/^cpu\d+$/.test(name)) return [];
    // user nice system idle iowait irq softirq steal; guest time is in user time already.
    const [user = 0, nice = 0, system = 0, idle = 0, ...rest] = fields.slice(0, 8).map(Number);
    const others = rest.reduce((sum, ticks) => sum + ticks, 0);
    return [{ name, user, system, idle, total: user + nice + system + idle + others }];
  });
}

/** Shares of the time between two readings, in percent; of the time since the start without an earlier one. */
export function coreShares(before: CoreCounters | undefined, after: CoreCounters) {
  const spent = (pick: (core: CoreCounters) => number) => pick(after) - (before === undefined ? 0 : pick(before));
  const total = spent((core) => core.total);
  const percent = (ticks: number) => (total > 0 ? Math.min(100, Math.max(0, (ticks / total) * 100)) : 0);
  const idle = spent((core) => core.idle);
  return {
    CPU: after.name,
    User: percent(spent((core) => core.user)),
    System: percent(spent((core) => core.system)),
    Idle: percent(idle),
    Total: percent(total - idle),
  };
}

/** Memory in bytes from `/proc/meminfo`; what caches hold counts as not used. */
export function parseMemory(text: string) {
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
  const [Total, Free, Available] = [bytes("MemTotal"), bytes("MemFree"), bytes("MemAvailable")];
  return { Total, Available, Used: Math.max(0, Total - Free - bytes("Buffers") - bytes("Cached")), Free };
}
