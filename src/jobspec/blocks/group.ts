import {
  asInteger,
  type Body,
  checkKeys,
  eachInSteps,
  oneStep,
  readFields,
  stringMapOf,
  togetherInSteps,
  within,
  withinInSteps,
} from "../../hcl/index.ts";
import { readAffinities } from "./affinity.ts";
import { readConstraints } from "./constraint.ts";
import { readMigrate } from "./migrate.ts";
import { readRestart } from "./restart.ts";
import { readSpreads } from "./spread.ts";
import { readTasks } from "./task.ts";
import { uniqueBlocksOf } from "./unique-blocks.ts";

const keys = ["count", "constraint", "affinity", "spread", "restart", "migrate", "meta", "task"];

/** The `group` blocks of a job. */
export function* readGroups(body: Body) {
  return yield* eachInSteps(uniqueBlocksOf(body, "group"), (group) => readGroup(group.name, group.body));
}

function* readGroup(name: string, body: Body) {
  const {
    values,
    keys: _,
    ...parts
  } = yield* togetherInSteps({
    keys: () => oneStep(() => within(`'${name}' ->`, () => checkKeys(body, keys))),
    values: () => oneStep(() => readFields(body, { count: ["Count", asInteger] })),
    Constraints: () => oneStep(() => within(`'${name}', constraint ->`, () => readConstraints(body))),
    Affinities: () => oneStep(() => within(`'${name}', affinity ->`, () => readAffinities(body))),
    Spreads: () => oneStep(() => within(`'${name}', spread ->`, () => readSpreads(body))),
    RestartPolicy: () => oneStep(() => within(`'${name}', restart ->`, () => readRestart(body))),
    Migrate: () => oneStep(() => within(`'${name}', migrate ->`, () => readMigrate(body))),
    Meta: () => oneStep(() => stringMapOf(body, "meta")),
    Tasks: () => withinInSteps(`'${name}', task:`, () => readTasks(body)),
  });
  return { Name: name, Count: values.count ?? 1, ...parts };
}
