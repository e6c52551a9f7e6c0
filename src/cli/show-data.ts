import { type DataFormat, formatted } from "./format/formatted.ts";
import type { Shape } from "./format/shape.ts";

/** Prints a value as `-json` or `-t` ask for. Gives the exit code. */
export function showData(
  { say, fail }: { say(text: string): void; fail(text: string): number },
  value: unknown,
  shape: Shape,
  format: DataFormat,
): number {
  const result = formatted(value, shape, format);
  if (!result.ok) return fail(`Error formatting the data: ${result.error}`);
  say(result.text);
  return 0;
}
