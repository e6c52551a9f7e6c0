import type { Body } from "./ast.ts";
import { HCLError } from "./hcl-error.ts";
import { parseJSON } from "./json-parser.ts";
import { longestText } from "./limits.ts";
import { parseText } from "./parser.ts";
import type { Source } from "./source.ts";

/**
 * Parses a job file, a configuration file or any other text of HCL 1, or of its JSON form if the first character
 * that is no space is `{`. `file` is its name in messages. Throws `HCLError`, never anything else.
 */
export function parseHCL(text: string, file: string): Body {
  const source: Source = { file, text, syntax: /^[ \t\r\n]*\{/.test(text) ? "json" : "hcl" };
  if (text.length > longestText) {
    const message = `the text is longer than ${longestText} characters`;
    throw HCLError.bare(source, { message, position: { line: 1, column: 1, offset: 0 } });
  }
  return source.syntax === "json" ? parseJSON(source) : parseText(source);
}
