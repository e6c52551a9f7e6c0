import { createHash } from "node:crypto";
import type { NetworkResource } from "../../model/index.ts";
import { DriverStartError, type TaskConfig } from "../driver.ts";
import type { DockerConfig } from "./docker-config.ts";

const mebibyte = 1024 * 1024;
/** The engine keeps so much of a task's output for an agent that is away, in two files. */
const logFileSize = "64m";
const logFiles = "2";

/** By which containers are known as ours, with the names that Nomad 1.x gives them. */
export const containerLabels = {
  allocation: "com.hashicorp.nomad.alloc_id",
  task: "com.hashicorp.nomad.task_name",
  node: "com.hashicorp.nomad.node_id",
  /** The run's own directory. */
  run: "com.hashicorp.nomad.run",
};

/** What a task becomes when it is asked of the engine. */
export interface ContainerOptions {
  /** What of the host the container sees, as `source:destination[:options]`. */
  readonly binds: readonly string[];
}

/** The name of a task's container, the same for all its runs: there is never a second one. */
export function containerName({
  taskName,
  allocationID,
}: Pick<TaskConfig<unknown>, "taskName" | "allocationID">): string {
  const plain = taskName.replace(/[^a-zA-Z0-9_.-]/g, "_").replace(/^[^a-zA-Z0-9]/, "t$&");
  if (plain === taskName) return `${taskName}-${allocationID}`;
  // Two names may become one.
  const own = createHash("sha256").update(taskName).digest("hex").slice(0, 8);
  return `${plain}-${own}-${allocationID}`;
}

/** The body of the engine's request to make a task's container. Throws `DriverStartError` for what cannot be asked. */
export function containerRequest(task: TaskConfig<DockerConfig>, { binds }: ContainerOptions): object {
  const { config, env, user, resources } = task;
  const { published, exposed } = publishedPorts(config, resources.Networks[0]);
  const command = [...(config.command === "" ? [] : [config.command]), ...config.args];
  return {
    Image: config.image,
    ...(command.length > 0 ? { Cmd: command } : {}),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    User: user,
    Hostname: config.hostname,
    WorkingDir: config.work_dir,
    Tty: config.tty,
    OpenStdin: config.interactive,
    Labels: labelsOf(task),
    ExposedPorts: exposed,
    HostConfig: {
      ...memoryLimits(resources),
      CpuShares: resources.CPU,
      Binds: binds,
      PortBindings: published,
      Privileged: config.privileged,
      NetworkMode: config.network_mode || "bridge",
      IpcMode: config.ipc_mode,
      PidMode: config.pid_mode,
      UTSMode: config.uts_mode,
      Dns: config.dns_servers.filter(isIPAddress),
      DnsSearch: config.dns_search_domains,
      ...(config.shm_size > 0 ? { ShmSize: config.shm_size } : {}),
      // Unlike the engine's own choice it keeps every byte as it is.
      LogConfig: { Type: "local", Config: { "max-size": logFileSize, "max-file": logFiles, compress: "false" } },
    },
  };
}

/** Memory and swap have one limit, so that nothing is swapped. */
function memoryLimits({ MemoryMB, MemoryMaxMB }: TaskConfig<unknown>["resources"]): object {
  const most = Math.max(MemoryMB, MemoryMaxMB) * mebibyte;
  const limits = { Memory: most, MemorySwap: most };
  return MemoryMaxMB > MemoryMB ? { ...limits, MemoryReservation: MemoryMB * mebibyte } : limits;
}

/** The job's labels, and ours, which a job cannot change. */
function labelsOf({ config, allocationID, taskName, nodeID = "", directories }: TaskConfig<DockerConfig>): object {
  return Object.fromEntries([
    ...config.labels,
    [containerLabels.allocation, allocationID],
    [containerLabels.task, taskName],
    [containerLabels.node, nodeID],
    [containerLabels.run, directories.supervision],
  ]);
}

/** Each port for TCP and UDP, on the address that the allocation was given. */
function publishedPorts({ port_map }: DockerConfig, network: NetworkResource | undefined) {
  if (network === undefined && port_map.size > 0) {
    throw new DriverStartError("Trying to map ports but no network interface is available");
  }
  const published: Record<string, { HostIp: string; HostPort: string }[]> = {};
  const exposed: Record<string, object> = {};
  for (const { Label, Value } of [...(network?.ReservedPorts ?? []), ...(network?.DynamicPorts ?? [])]) {
    for (const protocol of ["tcp", "udp"]) {
      const inside = `${port_map.get(Label) ?? Value}/${protocol}`;
      exposed[inside] = {};
      published[inside] = [...(published[inside] ?? []), { HostIp: network?.IP ?? "", HostPort: String(Value) }];
    }
  }
  return { published, exposed };
}

/** DNS servers that are none; they are left out. */
export function invalidServers({ dns_servers }: Pick<DockerConfig, "dns_servers">): readonly string[] {
  return dns_servers.filter((server) => !isIPAddress(server));
}

function isIPAddress(text: string): boolean {
  return isIPv4(text) || (text.includes(":") && /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`));
}

function isIPv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}
