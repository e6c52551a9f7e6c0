import { asDuration, asInteger, asString, type Body, checkKeys, onlyBlockOf, readFields } from "../../hcl/index.ts";

const fields = {
  attempts: ["Attempts", asInteger],
  interval: ["Interval", asDuration],
  delay: ["Delay", asDuration],
  mode: ["Mode", asString],
} as const;

/** The `restart` block. One that is written gets no defaults: what it omits is zero. Without one there is `null`. */
export function readRestart(body: Body) {
  const block = onlyBlockOf(body, "restart", "only one 'restart' block allowed");
  if (block === undefined) return null;
  checkKeys(block.body, Object.keys(fields));
  const { attempts, interval, delay, mode } = readFields(block.body, fields);
  return { Attempts: attempts ?? 0, Interval: interval ?? 0, Delay: delay ?? 0, Mode: mode ?? "" };
}
