import { asDuration, asString, type Body, checkKeys, readFields, stringMapOf, within } from "../../hcl/index.ts";
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

/** The `task` blocks of a group, or of a job that has none around them. */
export function readTasks(body: Body) {
  return uniqueBlocksOf(body, "task").map((task) => readTask(task.name, task.body));
}

function readTask(name: string, body: Body) {
  within(`'${name}' ->`, () => checkKeys(body, keys));
  const { driver = "", user = "", kill_timeout = 0 } = readFields(body, fields);
  return {
    Name: name,
    Driver: driver,
    User: user,
    KillTimeout: kill_timeout,
    Env: stringMapOf(body, "env"),
    Services: within(`'${name}',`, () => readServices(body)),
    Config: within(`'${name}', config ->`, () => readConfig(body, driver)),
    Constraints: within(`'${name}', constraint ->`, () => readTaskConstraints(body)),
    Affinities: within(`'${name}', affinity ->`, () => readAffinities(body)),
    Meta: stringMapOf(body, "meta"),
    Resources: within(`'${name}',`, () => readResources(body)),
    LogConfig: within(`'${name}', logs ->`, () => readLogs(body)),
    Artifacts: within(`'${name}', artifact ->`, () => readArtifacts(body)),
  };
}
