import * as z from "zod";
import { parseGoBoolean } from "../base/index.ts";

/**
 * Schemas for `config` blocks with Nomad's messages and weak typing: numbers and booleans may stand for text, and
 * one value for a list of one. Unknown keys are refused when a job is registered, and passed over here.
 */

/** A string; true and false read as `1` and `0`. */
export const weakText = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value) => (typeof value === "boolean" ? (value ? "1" : "0") : String(value)));

/** True or false, also as text or a number; `absent` where there is none. */
export function weakBoolean(key: string, absent: boolean) {
  return z
    .union([z.boolean(), z.string().transform(parseGoBoolean), z.number().transform((value) => value !== 0)], {
      error: wrongType(key, "boolean"),
    })
    .nullish()
    .transform((value) => value ?? absent);
}

/** A string that must be given and not be empty. */
function requiredText(key: string) {
  return z
    .unknown()
    .refine((value) => value !== undefined && value !== null, `field "${key}" is required`)
    .refine((value) => value !== "", `field "${key}" is required, but no value was found`)
    .refine((value) => isAbsent(value) || weakText.safeParse(value).success, { error: wrongType(key, "string") })
    .transform((value) => weakText.safeParse(value).data ?? "");
}

/** A list of strings; absent reads as `[]`. */
function textList(key: string) {
  return z
    .unknown()
    .optional()
    .transform((value) => (isAbsent(value) ? [] : Array.isArray(value) ? value : [value]))
    .refine((values) => z.array(weakText).safeParse(values).success, { error: wrongType(key, "array") })
    .transform((values): readonly string[] => z.array(weakText).safeParse(values).data ?? []);
}

/** A string that must be given, and that the system would not cut short where a program is told it. */
export function passableText(key: string) {
  return requiredText(key).refine(isWhole, `field "${key}" holds a null character`);
}

/** The same, each of a list that may be absent. */
export function passableList(key: string) {
  return textList(key).refine((texts) => texts.every(isWhole), `field "${key}" holds a null character`);
}

const guestPorts = z.record(z.string(), z.coerce.number().int().min(1).max(65_535));

/** Ports of the guest by their labels, from a block that may stand once; absent reads as none. */
export function portMap(driver: string) {
  return z
    .unknown()
    .optional()
    .transform((value) => (isAbsent(value) ? [] : Array.isArray(value) ? value : [value]))
    .refine((blocks) => blocks.length <= 1, `Only one port_map block is allowed in the ${driver} driver config`)
    .refine((blocks) => z.array(guestPorts).safeParse(blocks).success, 'field "port_map" holds what is no port')
    .transform((blocks): Readonly<Record<string, number>> => z.array(guestPorts).safeParse(blocks).data?.[0] ?? {});
}

function isWhole(text: string): boolean {
  return !text.includes("\0");
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function wrongType(key: string, type: string) {
  return (issue: { readonly input?: unknown }) =>
    `field "${key}" with input ${JSON.stringify(issue.input)} doesn't seem to be of type ${type}`;
}
