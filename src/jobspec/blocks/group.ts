import { asInteger, type Body, checkKeys, readFields, stringMapOf, within } from "../../hcl/index.ts";
import { readConstraints } from "./constraint.ts";
import { readRestart } from "./restart.ts";
import { readTasks } from "./task.ts";
import { uniqueBlocksOf } from "./unique-blocks.ts";

const keys = ["count", "constraint", "restart", "meta", "task"];

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
    RestartPolicy: within(`'${name}', restart ->`, () => readRestart(body)),
    Meta: stringMapOf(body, "meta"),
    Tasks: within(`'${name}', task:`, () => readTasks(body)),
  };
}
