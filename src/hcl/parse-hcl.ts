import type { Body } from "./ast.ts";
import { HCLError } from "./hcl-error.ts";
import { parseJSON } from "./json-parser.ts";
import { longestText } from "./limits.ts";
import { parseText } from "./parser.ts";
import { plainBody } from "./plain-body.ts";
import { type Source, textStart } from "./source.ts";

/**
 * Parses a configuration file or any other text of HCL 1, or of its JSON form if the first character that is no space
 * is `{`. `file` is its name in messages. Throws `HCLError`, never anything else.
 */
export function parseHCL(text: string, file: string): Body {
  const source = sourceOf(text, file);
  return source.syntax === "json" ? parseJSON(source) : plainBody(parseText(source));
}

/** A text that is short enough to be parsed, and in which of the forms it is. Throws `HCLError` if it is too long. */
export function sourceOf(text: string, file: string, longest = longestText): Source {
  const source: Source = { file, text, syntax: /^[ \t\r\n]*\{/.test(text) ? "json" : "hcl" };
  if (text.length <= longest) return source;
  throw HCLError.bare(source, { message: `the text is longer than ${longest} characters`, position: textStart });
}
