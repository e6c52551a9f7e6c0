import { minutes, seconds } from "../../base/index.ts";
import { asDuration, asInteger, asString, type Body, checkKeys, onlyBlockOf, readFields } from "../../hcl/index.ts";

const fields = {
  max_parallel: ["MaxParallel", asInteger],
  health_check: ["HealthCheck", asString],
  min_healthy_time: ["MinHealthyTime", asDuration],
  healthy_deadline: ["HealthyDeadline", asDuration],
} as const;

/** The `migrate` block, with its defaults for what it omits; without one there is `null`. */
export function readMigrate(body: Body) {
  const block = onlyBlockOf(body, "migrate", "only one 'migrate' block allowed");
  if (block === undefined) return null;
  checkKeys(block.body, Object.keys(fields));
  const { max_parallel, health_check, min_healthy_time, healthy_deadline } = readFields(block.body, fields);
  return {
    MaxParallel: max_parallel ?? 1,
    HealthCheck: health_check ?? "checks",
    MinHealthyTime: min_healthy_time ?? seconds(10),
    HealthyDeadline: healthy_deadline ?? minutes(5),
  };
}
