import { asString, asStrings, type Body, blocksOf, checkKeys, HCLError, readFields, within } from "../../hcl/index.ts";
import { readChecks } from "./check.ts";

const fields = {
  name: ["Name", asString],
  tags: ["Tags", asStrings],
  port: asString,
} as const;

/** All `service` blocks of a task. One may go without a name: it is called after job, group and task. */
export function readServices(body: Body) {
  let unnamed = 0;
  return blocksOf(body, "service").map((block, index) => {
    const service = within(`service (${index}) ->`, () => readService(block.body));
    unnamed += service.Name === "" ? 1 : 0;
    if (unnamed > 1) {
      const message = "Only one service block may omit the Name field";
      throw HCLError.bare(body.source, { message, position: block.position });
    }
    const checks = within(`service: '${service.Name}',`, () => readChecks(block.body));
    return { ...service, Checks: checks };
  });
}

function readService(body: Body) {
  checkKeys(body, [...Object.keys(fields), "check"]);
  const { name, tags, port } = readFields(body, fields);
  return { Name: name ?? "", Tags: tags, PortLabel: port };
}
