import { asInteger, type Body, checkKeys, each, readFields, stringMapOf, together, within } from "../../hcl/index.ts";
import { readAffinities } from "./affinity.ts";
import { readConstraints } from "./constraint.ts";
import { readRestart } from "./restart.ts";
import { readSpreads } from "./spread.ts";
import { readTasks } from "./task.ts";
import { uniqueBlocksOf } from "./unique-blocks.ts";

const keys = ["count", "constraint", "affinity", "spread", "restart", "meta", "task"];

/** The `group` blocks of a job. */
export function readGroups(body: Body) {
  return each(uniqueBlocksOf(body, "group"), (group) => readGroup(group.name, group.body));
}

function readGroup(name: string, body: Body) {
  const {
    values,
    keys: _,
    ...parts
  } = together({
    keys: () => within(`'${name}' ->`, () => checkKeys(body, keys)),
    values: () => readFields(body, { count: ["Count", asInteger] }),
    Constraints: () => within(`'${name}', constraint ->`, () => readConstraints(body)),
    Affinities: () => within(`'${name}', affinity ->`, () => readAffinities(body)),
    Spreads: () => within(`'${name}', spread ->`, () => readSpreads(body)),
    RestartPolicy: () => within(`'${name}', restart ->`, () => readRestart(body)),
    Meta: () => stringMapOf(body, "meta"),
    Tasks: () => within(`'${name}', task:`, () => readTasks(body)),
  });
  return { Name: name, Count: values.count ?? 1, ...parts };
}
