import { dictionary, merged } from "../../base/index.ts";
import type { Allocation, Job, NetworkResource, Node, Resources, Task, TaskGroup } from "../../model/index.ts";
import { interpolate, nodeValues, type Values } from "./interpolation.ts";

/** Where a task finds its directories, as it sees them itself: host paths, or paths inside its isolation. */
export interface TaskDirectories {
  readonly shared: string;
  readonly local: string;
  readonly secrets: string;
}

/** All that a task's environment is made of. */
export interface EnvironmentSource {
  readonly node: Node;
  readonly region: string;
  readonly allocation: Allocation;
  readonly job: Job;
  readonly group: TaskGroup;
  readonly task: Task;
  /** What the task was granted: its ports are those here, not those it asked for. */
  readonly resources: Resources | undefined;
  readonly directories: TaskDirectories;
  /** Ports that the task knows by other numbers than the host, by label. */
  readonly portsInside: ReadonlyMap<string, number>;
  /** The agent's own variables as far as the task may have them; what the task sets wins. */
  readonly inherited: Values;
}

/** The whole environment of a task: inherited, then Nomad's own, then the job's `env` with its references resolved. */
export function taskEnvironment(source: EnvironmentSource): Values {
  const own = nomadVariables(source);
  const asked = Object.entries(source.task.Env).map(([key, value]) => {
    return [key, interpolate(value, [nodeValues(source.node), own])] as const;
  });
  return merged(source.inherited, own, dictionary(asked));
}

/** The variables that every task gets, `NOMAD_…`. Meta keys come in upper case and, for newer job files, as written. */
function nomadVariables(source: EnvironmentSource): Values {
  const { allocation, job, group, task, resources, directories, node } = source;
  const memoryMax = resources?.MemoryMaxMB ?? 0;
  return merged(
    metaVariables(merged(job.Meta, group.Meta, task.Meta)),
    dictionary([
      ["NOMAD_ALLOC_DIR", directories.shared],
      ["NOMAD_TASK_DIR", directories.local],
      ["NOMAD_SECRETS_DIR", directories.secrets],
      ["NOMAD_MEMORY_LIMIT", String(resources?.MemoryMB ?? task.Resources?.MemoryMB ?? 0)],
      ...(memoryMax > 0 ? [["NOMAD_MEMORY_MAX_LIMIT", String(memoryMax)] as const] : []),
      ["NOMAD_CPU_LIMIT", String(resources?.CPU ?? task.Resources?.CPU ?? 0)],
      ["NOMAD_ALLOC_ID", allocation.ID],
      ["NOMAD_ALLOC_NAME", allocation.Name],
      ["NOMAD_ALLOC_INDEX", allocationIndex(allocation.Name)],
      ["NOMAD_TASK_NAME", task.Name],
      ["NOMAD_GROUP_NAME", group.Name],
      ["NOMAD_JOB_ID", job.ID],
      ["NOMAD_JOB_NAME", job.Name],
      ["NOMAD_NAMESPACE", job.Namespace || "default"],
      ["NOMAD_DC", node.Datacenter],
      ["NOMAD_REGION", source.region],
    ]),
    ...(resources?.Networks ?? []).map((network) => portVariables(network, source.portsInside)),
  );
}

/** The number in the brackets of an allocation's name, `job.group[7]`; empty when there is none. */
function allocationIndex(name: string): string {
  return /\[(\d+)\]$/.exec(name)?.[1] ?? "";
}

function metaVariables(meta: Values): Values {
  const entries = Object.entries(meta);
  return dictionary([
    ...entries.map(([key, value]) => [`NOMAD_META_${key}`, value] as const),
    ...entries.map(([key, value]) => [`NOMAD_META_${key.toUpperCase()}`, value] as const),
  ]);
}

function portVariables(network: NetworkResource, portsInside: ReadonlyMap<string, number>): Values {
  const ports = [...network.ReservedPorts, ...network.DynamicPorts].filter((port) => port.Label !== "");
  return dictionary(
    ports.flatMap(({ Label, Value }) => {
      const inside = portsInside.get(Label) ?? Value;
      return [
        [`NOMAD_IP_${Label}`, network.IP] as const,
        [`NOMAD_PORT_${Label}`, String(inside)] as const,
        [`NOMAD_HOST_PORT_${Label}`, String(Value)] as const,
        [`NOMAD_ADDR_${Label}`, `${network.IP}:${inside}`] as const,
      ];
    }),
  );
}

/** Variables of the agent that no task gets unless the operator lists others in `env.blacklist`. */
const neverInherited: readonly RegExp[] = [
  /_TOKEN$/,
  /^VAULT_/,
  /^CONSUL_/,
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)$/,
  /^GOOGLE_(APPLICATION_)?CREDENTIALS$/,
  /^(AZURE|ARM)_(CLIENT_SECRET|ACCESS_KEY)$/,
  /^NOMAD_(HTTP_AUTH|LICENSE)$/,
];

/**
 * The agent's variables as far as tasks may have them. `blacklist` is the operator's own list; without one
 * everything that looks like a credential is kept back.
 */
export function inheritedVariables(agent: Values, blacklist: readonly string[] | undefined): Values {
  const isWithheld = (name: string) =>
    blacklist === undefined ? neverInherited.some((pattern) => pattern.test(name)) : blacklist.includes(name);
  return dictionary(Object.entries(agent).filter(([name]) => !isWithheld(name)));
}

/** Why the variables cannot be given to a program, or undefined if they can. */
export function environmentProblem(environment: Values): string | undefined {
  for (const [name, value] of Object.entries(environment)) {
    if (name === "" || /[=\0]/.test(name)) return `environment variable ${JSON.stringify(name)} has an invalid name`;
    if (value.includes("\0")) return `environment variable "${name}" holds a null character`;
  }
  return undefined;
}
