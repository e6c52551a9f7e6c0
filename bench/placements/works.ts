/** What the benchmarks of the scheduler place: so many jobs of so many allocations, on so many nodes that have room for all. */
export interface Work {
  readonly name: string;
  readonly type: "service" | "batch";
  readonly jobs: number;
  /** Allocations of each job. */
  readonly count: number;
  readonly nodes: number;
}

/** The works that other programs were measured with too, and the million. */
export const works: readonly Work[] = [
  { name: "one-job", type: "service", jobs: 1, count: 10_000, nodes: 1_000 },
  { name: "many-jobs", type: "service", jobs: 1_000, count: 10, nodes: 1_000 },
  { name: "batch", type: "batch", jobs: 100, count: 1_000, nodes: 5_000 },
  { name: "service", type: "service", jobs: 100, count: 1_000, nodes: 5_000 },
  { name: "c1m", type: "service", jobs: 1_000, count: 1_000, nodes: 5_000 },
];

/** `1,000 service jobs × 10 on 1,000 nodes`. */
export function described({ jobs, type, count, nodes }: Work): string {
  const number = (value: number) => value.toLocaleString("en");
  return `${number(jobs)} ${type} ${jobs === 1 ? "job" : "jobs"} × ${number(count)} on ${number(nodes)} nodes`;
}

/** A machine with room for 320 allocations: a million fill five thousand of them to 63 %. `number` begins with 1. */
export function machine(number: number): { readonly ID: string; readonly [field: string]: unknown } {
  const ID = `${scattered(number)}-0000-4000-8000-${String(number).padStart(12, "0")}`;
  const address = `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
  return {
    ID,
    SecretID: ID,
    Datacenter: "dc1",
    Name: `machine-${number}`,
    HTTPAddr: `${address}:4646`,
    Attributes: {
      arch: "amd64",
      "cpu.arch": "amd64",
      "cpu.frequency": "2600",
      "cpu.numcores": "16",
      "cpu.totalcompute": "32000",
      "driver.exec": "1",
      "driver.raw_exec": "1",
      "kernel.name": "linux",
      "kernel.version": "6.18",
      "memory.totalbytes": "68719476736",
      "nomad.version": "0.4.1",
      "os.name": "debian",
      "os.version": "12",
      "unique.hostname": `machine-${number}`,
      "unique.network.ip-address": address,
    },
    Resources: {
      CPU: 32_000,
      MemoryMB: 65_536,
      DiskMB: 1_000_000,
      IOPS: 0,
      Networks: [{ Device: "eth0", CIDR: `${address}/32`, IP: address, MBits: 10_000 }],
    },
    Reserved: { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0, Networks: [] },
    Status: "initializing",
    SchedulingEligibility: "eligible",
  };
}

/** Eight digits that differ from the first on, as those of ids drawn by chance do. */
function scattered(number: number): string {
  return (Math.imul(number, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
}

/** A job of one group with one small task, as a user might send it. */
export function submission(id: string, { type, count }: Pick<Work, "type" | "count">): object {
  return {
    Region: "global",
    ID: id,
    Name: id,
    Type: type,
    Priority: 50,
    Datacenters: ["dc1"],
    TaskGroups: [
      {
        Name: "web",
        Count: count,
        RestartPolicy: { Attempts: 2, Interval: 60e9, Delay: 15e9, Mode: "delay" },
        Tasks: [
          {
            Name: "server",
            Driver: "raw_exec",
            Config: { command: "/bin/sleep", args: ["3600"] },
            Env: { PORT: "8080" },
            Resources: { CPU: 100, MemoryMB: 128, DiskMB: 10, IOPS: 0, Networks: [] },
            LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
          },
        ],
      },
    ],
  };
}
