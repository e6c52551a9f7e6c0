import {
  asBoolean,
  asInteger,
  asString,
  asStrings,
  checkKeys,
  type NamedBlock,
  readFields,
  stringMapOf,
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
  within("job:", () => checkKeys(body, keys));
  const values = readFields(body, fields);
  const constraints = within("constraint ->", () => readConstraints(body));
  const affinities = within("affinity ->", () => readAffinities(body));
  const spreads = within("spread ->", () => readSpreads(body));
  const update = within("update ->", () => readUpdate(body));
  const periodic = within("periodic ->", () => readPeriodic(body));
  const tasks = within("task:", () => readTasks(body));
  const groups = within("group:", () => readGroups(body));
  return {
    ID: values.id ?? label,
    Name: values.name ?? label,
    Region: values.region ?? "global",
    Datacenters: values.datacenters ?? [],
    Type: values.type ?? "service",
    Priority: values.priority ?? 50,
    AllAtOnce: values.all_at_once ?? false,
    Constraints: constraints,
    Affinities: affinities,
    Spreads: spreads,
    Update: update,
    Periodic: periodic,
    Meta: stringMapOf(body, "meta"),
    TaskGroups: [...tasks.map((task) => ({ Name: task.Name, Count: 1, Tasks: [task] })), ...groups],
  };
}
