import {
  asInteger,
  type Body,
  blocksOf,
  checkKeys,
  HCLError,
  namedBlocksOf,
  onlyBlockOf,
  readFields,
  within,
} from "../../hcl/index.ts";
import { defaultResources } from "../../model/index.ts";

const fields = {
  cpu: ["CPU", asInteger],
  memory: asInteger,
  memory_max: ["MemoryMaxMB", asInteger],
  disk: asInteger,
  iops: ["IOPS", asInteger],
} as const;
const labelForm = /^[a-zA-Z0-9_]+$/;

/** The `resources` block; what it omits or sets to zero has its default. Without one there is `null`. */
export function readResources(body: Body) {
  const block = onlyBlockOf(body, "resources", "only one 'resource' block allowed per task");
  if (block === undefined) return null;
  within("resources ->", () => checkKeys(block.body, [...Object.keys(fields), "network"]));
  const { cpu, memory, memory_max, disk, iops } = readFields(block.body, fields);
  return {
    CPU: cpu || defaultResources.CPU,
    MemoryMB: memory || defaultResources.MemoryMB,
    MemoryMaxMB: memory_max,
    DiskMB: disk || defaultResources.DiskMB,
    IOPS: iops || defaultResources.IOPS,
    Networks: readNetwork(block.body),
  };
}

function readNetwork(body: Body) {
  const block = onlyBlockOf(body, "network", "only one 'network' resource allowed");
  if (block === undefined) return [];
  within("resources, network ->", () => checkKeys(block.body, ["mbits", "port"]));
  const { mbits } = readFields(block.body, { mbits: asInteger });
  const ports = within("resources, network, ports ->", () => readPorts(block.body));
  return [
    {
      MBits: mbits ?? 0,
      ReservedPorts: ports.filter((port) => port.Value > 0),
      DynamicPorts: ports.filter((port) => port.Value <= 0).map(({ Label }) => ({ Label })),
    },
  ];
}

function readPorts(body: Body) {
  const unnamed = blocksOf(body, "port").find((block) => block.labels.length === 0);
  if (unnamed !== undefined && body.source.syntax === "hcl") {
    throw HCLError.bare(body.source, { message: "ports must be named", position: unnamed.position });
  }
  const seen = new Set<string>();
  return namedBlocksOf(body, "port").map((port) => {
    const refuse = (message: string) => HCLError.bare(body.source, { message, position: port.position });
    if (!labelForm.test(port.name)) {
      throw refuse(`Port label does not conform to naming requirements ${labelForm.source}`);
    }
    if (seen.has(port.name.toLowerCase())) throw refuse(`found a port label collision: ${port.name}`);
    seen.add(port.name.toLowerCase());
    checkKeys(port.body, ["static"]);
    const { static: value } = readFields(port.body, { static: asInteger });
    return { Label: port.name, Value: value ?? 0 };
  });
}
