import {
  type Attribute,
  asDuration,
  asString,
  type Body,
  checkKeys,
  eachInSteps,
  oneStep,
  readFields,
  stringMapOf,
  together,
  within,
} from "../../hcl/index.ts";
import { readAffinities } from "./affinity.ts";
import { readArtifacts } from "./artifact.ts";
import { readConfig } from "./config.ts";
import { readTaskConstraints } from "./constraint.ts";
import { readLogs } from "./logs.ts";
import { readResources } from "./resources.ts";
import { readServices } from "./service.ts";
import { uniqueBlocksOf } from "./unique-blocks.ts";

const fields = {
  driver: ["Driver", asString],
  user: ["User", asString],
  kill_timeout: asDuration,
} as const;
const blocks = ["config", "env", "service", "constraint", "affinity", "meta", "resources", "logs", "artifact"];
const keys = [...Object.keys(fields), ...blocks];

/** The `task` blocks of a group, or of a job that has none around them; each is a step. */
export function* readTasks(body: Body) {
  return yield* eachInSteps(uniqueBlocksOf(body, "task"), (task) => oneStep(() => readTask(task.name, task.body)));
}

function readTask(name: string, body: Body) {
  const {
    values,
    keys: _,
    ...parts
  } = together({
    keys: () => within(`'${name}' ->`, () => checkKeys(body, keys)),
    values: () => readFields(body, fields),
    Env: () => stringMapOf(body, "env"),
    Services: () => within(`'${name}',`, () => readServices(body)),
    Config: () => within(`'${name}', config ->`, () => readConfig(body, driverOf(body))),
    Constraints: () => within(`'${name}', constraint ->`, () => readTaskConstraints(body)),
    Affinities: () => within(`'${name}', affinity ->`, () => readAffinities(body)),
    Meta: () => stringMapOf(body, "meta"),
    Resources: () => within(`'${name}',`, () => readResources(body)),
    LogConfig: () => within(`'${name}', logs ->`, () => readLogs(body)),
    Artifacts: () => within(`'${name}', artifact ->`, () => readArtifacts(body)),
  });
  const { driver = "", user = "", kill_timeout = 0 } = values;
  return { Name: name, Driver: driver, User: user, KillTimeout: kill_timeout, ...parts };
}

/** What the config is checked against; a driver that cannot be read is told of elsewhere. */
function driverOf(body: Body): string | undefined {
  const written = body.items.findLast((item): item is Attribute => item.kind === "attribute" && item.key === "driver");
  if (written === undefined) return "";
  return written.value.kind === "string" ? written.value.value : undefined;
}
