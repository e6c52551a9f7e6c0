import {
  asDuration,
  asString,
  asStrings,
  type Body,
  blocksOf,
  checkKeys,
  readFields,
  within,
} from "../../hcl/index.ts";

const fields = {
  name: ["Name", asString],
  type: ["Type", asString],
  interval: ["Interval", asDuration],
  timeout: ["Timeout", asDuration],
  path: ["Path", asString],
  protocol: ["Protocol", asString],
  port: asString,
  command: ["Command", asString],
  args: ["Args", asStrings],
  initial_status: asString,
} as const;

/** All `check` blocks of a service. */
export function readChecks(body: Body) {
  return blocksOf(body, "check").map((block) => within("check ->", () => readCheck(block.body)));
}

function readCheck(body: Body) {
  checkKeys(body, Object.keys(fields));
  const values = readFields(body, fields);
  return {
    Name: values.name,
    Type: values.type,
    Interval: values.interval,
    Timeout: values.timeout,
    Path: values.path,
    Protocol: values.protocol,
    PortLabel: values.port,
    Command: values.command,
    Args: values.args,
    InitialStatus: values.initial_status,
  };
}
