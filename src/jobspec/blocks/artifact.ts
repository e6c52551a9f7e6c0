import { asString, type Body, blocksOf, checkKeys, onlyBlockOf, readFields, stringMapOf } from "../../hcl/index.ts";

const fields = {
  source: ["GetterSource", asString],
  destination: ["RelativeDest", asString],
  mode: ["GetterMode", asString],
} as const;

/** All `artifact` blocks of a task. */
export function readArtifacts(body: Body) {
  return blocksOf(body, "artifact").map((block) => readArtifact(block.body));
}

function readArtifact(body: Body) {
  checkKeys(body, [...Object.keys(fields), "options", "headers"]);
  onlyBlockOf(body, "options", "only one 'options' block allowed per artifact");
  onlyBlockOf(body, "headers", "only one 'headers' block allowed per artifact");
  const { source, destination, mode } = readFields(body, fields);
  return {
    GetterSource: source ?? "",
    GetterOptions: stringMapOf(body, "options"),
    GetterHeaders: stringMapOf(body, "headers"),
    GetterMode: mode ?? "",
    RelativeDest: destination ?? "local/",
  };
}
