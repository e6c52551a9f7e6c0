import { type Body, blocksOf, type Finding, HCLError, plainData } from "../../hcl/index.ts";
import { driverConfigProblems, isKnownDriver } from "../../model/index.ts";

/** All `config` blocks of a task as one, checked against what its driver knows, if that is known. */
export function readConfig(body: Body, driver: string | undefined) {
  const [first, ...more] = blocksOf(body, "config");
  if (first === undefined || driver === undefined) return {};
  const items = [first, ...more].flatMap((block) => block.body.items);
  if (!isKnownDriver(driver)) {
    throw HCLError.bare(body.source, { message: `unknown driver '${driver}'`, position: first.position });
  }
  const config = plainData({ ...first.body, items });
  const findings = driverConfigProblems(driver, config).map((message): Finding => {
    const culprit = items.findLast((item) => message.includes(JSON.stringify(item.key)));
    return { message, position: culprit?.position ?? first.position };
  });
  if (findings.length > 0) throw HCLError.problems(body.source, findings);
  return config;
}
