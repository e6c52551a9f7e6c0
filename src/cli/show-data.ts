import type { Environment } from "./environment.ts";
import type { DataFormat } from "./format/format-choice.ts";
import { printableLines } from "./format/printable.ts";
import type { Shape } from "./format/shape.ts";

/**
 * Prints a value as `-json` or `-t` ask for. Gives the exit code. What a template makes of it goes to a program as it is,
 * and to people so that it cannot steer their terminal.
 */
export async function showData(
  {
    say,
    fail,
    environment,
  }: { say(text: string): void; fail(text: string): number; readonly environment: Pick<Environment, "terminal"> },
  value: unknown,
  shape: Shape,
  format: DataFormat,
): Promise<number> {
  // Loaded only here: most commands show their own words.
  const { formatted } = await import("./format/formatted.ts");
  const result = formatted(value, shape, format);
  if (!result.ok) return fail(`Error formatting the data: ${result.error}`);
  say(format.kind === "template" && environment.terminal() ? printableLines(result.text) : result.text);
  return 0;
}
