import { asInteger, type Body, checkKeys, readFields, stringMapOf, within } from "../../hcl/index.ts";
import { readAffinities } from "./affinity.ts";
import { readConstraints } from "./constraint.ts";
import { readRestart } from "./restart.ts";
import { readSpreads } from "./spread.ts";
import { readTasks } from "./task.ts";
import { uniqueBlocksOf } from "./unique-blocks.ts";

const keys = ["count", "constraint", "affinity", "spread", "restart", "meta", "task"];

/** The `group` blocks of a job. */
export function readGroups(body: Body) {
  return uniqueBlocksOf(body, "group").map((group) => readGroup(group.name, group.body));
}

function readGroup(name: string, body: Body) {
  within(`'${name}' ->`, () => checkKeys(body, keys));
  const { count } = readFields(body, { count: ["Count", asInteger] });
  return {
    Name: name,
    Count: count ?? 1,
    Constraints: within(`'${name}', constraint ->`, () => readConstraints(body)),
    Affinities: within(`'${name}', affinity ->`, () => readAffinities(body)),
    Spreads: within(`'${name}', spread ->`, () => readSpreads(body)),
    RestartPolicy: within(`'${name}', restart ->`, () => readRestart(body)),
    Meta: stringMapOf(body, "meta"),
    Tasks: within(`'${name}', task:`, () => readTasks(body)),
  };
}
