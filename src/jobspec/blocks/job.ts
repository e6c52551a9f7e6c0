import {
  asBoolean,
  asInteger,
  asString,
  asStrings,
  checkKeys,
  type NamedBlock,
  readFields,
  stringMapOf,
  together,
  within,
} from "../../hcl/index.ts";
import { readAffinities } from "./affinity.ts";
import { readConstraints } from "./constraint.ts";
import { readGroups } from "./group.ts";
import { readPeriodic } from "./periodic.ts";
import { readSpreads } from "./spread.ts";
import { readTasks } from "./task.ts";
import { readUpdate } from "./update.ts";

const fields = {
  id: ["ID", asString],
  name: ["Name", asString],
  region: ["Region", asString],
  datacenters: ["Datacenters", asStrings],
  type: ["Type", asString],
  priority: ["Priority", asInteger],
  all_at_once: asBoolean,
} as const;
const keys = [
  ...Object.keys(fields),
  "constraint",
  "affinity",
  "spread",
  "update",
  "periodic",
  "meta",
  "group",
  "task",
];

/** The `job` block. A task outside of groups becomes a group of its own, before the declared ones. */
export function readJob({ name: label, body }: NamedBlock) {
  const read = together({
    keys: () => within("job:", () => checkKeys(body, keys)),
    values: () => readFields(body, fields),
    constraints: () => within("constraint ->", () => readConstraints(body)),
    affinities: () => within("affinity ->", () => readAffinities(body)),
    spreads: () => within("spread ->", () => readSpreads(body)),
    update: () => within("update ->", () => readUpdate(body)),
    periodic: () => within("periodic ->", () => readPeriodic(body)),
    tasks: () => within("task:", () => readTasks(body)),
    groups: () => within("group:", () => readGroups(body)),
    meta: () => stringMapOf(body, "meta"),
  });
  const { values } = read;
  return {
    ID: values.id ?? label,
    Name: values.name ?? label,
    Region: values.region ?? "global",
    Datacenters: values.datacenters ?? [],
    Type: values.type ?? "service",
    Priority: values.priority ?? 50,
    AllAtOnce: values.all_at_once ?? false,
    Constraints: read.constraints,
    Affinities: read.affinities,
    Spreads: read.spreads,
    Update: read.update,
    Periodic: read.periodic,
    Meta: read.meta,
    TaskGroups: [...read.tasks.map((task) => ({ Name: task.Name, Count: 1, Tasks: [task] })), ...read.groups],
  };
}
