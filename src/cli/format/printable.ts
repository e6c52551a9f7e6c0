import { printable } from "../../base/index.ts";

/** Like `printable`, with line breaks and tabs kept: errors of several lines stay readable. */
export function printableLines(text: string): string {
  return printable(text, "\n\t");
}
