import { parseGoBoolean } from "../../base/index.ts";
import { type Body, HCLError, parseBoolFailure } from "../../hcl/index.ts";

/** A key that must be `true` or `false`, written as such or as a text; undefined if it is absent. */
export function readSwitch(body: Body, key: string, name: string): boolean | undefined {
  const item = body.items.findLast((candidate) => candidate.key === key);
  if (item === undefined) return undefined;
  const value = item.kind === "attribute" ? item.value : undefined;
  if (value?.kind === "boolean") return value.value;
  const read = value?.kind === "string" ? parseGoBoolean(value.value) : undefined;
  if (read !== undefined) return read;
  const why = value?.kind === "string" ? parseBoolFailure(value.value) : "not a boolean value";
  const message = `${name} should be set to true or false; ${why}`;
  throw HCLError.bare(body.source, { message, position: value?.position ?? item.position });
}
