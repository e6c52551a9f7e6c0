import { asBoolean, asString, type Body, checkKeys, onlyBlockOf, readFields } from "../../hcl/index.ts";
import { readSwitch } from "./switch.ts";

const fields = { cron: ["Spec", asString], prohibit_overlap: asBoolean } as const;

/** The `periodic` block; it is enabled unless it says otherwise. */
export function readPeriodic(body: Body) {
  const block = onlyBlockOf(body, "periodic", "only one 'periodic' block allowed per job");
  if (block === undefined) return null;
  checkKeys(block.body, [...Object.keys(fields), "enabled"]);
  const enabled = readSwitch(block.body, "enabled", "periodic.enabled");
  const { cron, prohibit_overlap } = readFields(block.body, fields);
  return {
    Enabled: enabled ?? true,
    Spec: cron ?? "",
    SpecType: "cron",
    ProhibitOverlap: prohibit_overlap ?? false,
    TimeZone: "UTC",
  };
}
