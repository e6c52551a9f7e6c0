import * as z from "zod";

/**
 * Schemas for `config` blocks with Nomad's messages and weak typing: numbers and booleans may stand for text, and
 * one value for a list of one. Unknown keys are refused when a job is registered, and passed over here.
 */

/** A string; true and false read as `1` and `0`. */
export const weakText = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value) => (typeof value === "boolean" ? (value ? "1" : "0") : String(value)));

/** A string that must be given and not be empty. */
export function requiredText(key: string) {
  return z
    .unknown()
    .refine((value) => value !== undefined && value !== null, `field "${key}" is required`)
    .refine((value) => value !== "", `field "${key}" is required, but no value was found`)
    .refine((value) => isAbsent(value) || weakText.safeParse(value).success, { error: wrongType(key, "string") })
    .transform((value) => weakText.safeParse(value).data ?? "");
}

/** A list of strings; absent reads as `[]`. */
export function textList(key: string) {
  return z
    .unknown()
    .optional()
    .transform((value) => (isAbsent(value) ? [] : Array.isArray(value) ? value : [value]))
    .refine((values) => z.array(weakText).safeParse(values).success, { error: wrongType(key, "array") })
    .transform((values): readonly string[] => z.array(weakText).safeParse(values).data ?? []);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function wrongType(key: string, type: string) {
  return (issue: { readonly input?: unknown }) =>
    `field "${key}" with input ${JSON.stringify(issue.input)} doesn't seem to be of type ${type}`;
}
