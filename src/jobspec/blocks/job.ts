import {
  asBoolean,
  asInteger,
  asString,
  asStrings,
  checkKeys,
  type NamedBlock,
  oneStep,
  readFields,
  stringMapOf,
  togetherInSteps,
  within,
  withinInSteps,
} from "../../hcl/index.ts";
import { readAffinities } from "./affinity.ts";
import { readConstraints } from "./constraint.ts";
import { readGroups } from "./group.ts";
import { readMigrate } from "./migrate.ts";
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
  "migrate",
  "periodic",
  "meta",
  "group",
  "task",
];

/** The `job` block. A task outside of groups becomes a group of its own, before the declared ones. */
export function* readJob({ name: label, body }: NamedBlock) {
  const read = yield* togetherInSteps({
    keys: () => oneStep(() => within("job:", () => checkKeys(body, keys))),
    values: () => oneStep(() => readFields(body, fields)),
    constraints: () => oneStep(() => within("constraint ->", () => readConstraints(body))),
    affinities: () => oneStep(() => within("affinity ->", () => readAffinities(body))),
    spreads: () => oneStep(() => within("spread ->", () => readSpreads(body))),
    update: () => oneStep(() => within("update ->", () => readUpdate(body))),
    migrate: () => oneStep(() => within("migrate ->", () => readMigrate(body))),
    periodic: () => oneStep(() => within("periodic ->", () => readPeriodic(body))),
    tasks: () => withinInSteps("task:", () => readTasks(body)),
    groups: () => withinInSteps("group:", () => readGroups(body)),
    meta: () => oneStep(() => stringMapOf(body, "meta")),
  });
  const { values, migrate: Migrate } = read;
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
    TaskGroups: [
      ...read.tasks.map((task) => ({ Name: task.Name, Count: 1, Migrate, Tasks: [task] })),
      ...read.groups.map((group) => ({ ...group, Migrate: group.Migrate ?? Migrate })),
    ],
  };
}
