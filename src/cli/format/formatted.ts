import type { DataFormat } from "./format-choice.ts";
import { arranged, type Shape } from "./shape.ts";
import { renderTemplate, TemplateError } from "./template/template.ts";

/** The value in the wanted format. On failure the reason is as Go's template package words it. */
export function formatted(
  value: unknown,
  shape: Shape,
  format: DataFormat,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly error: string } {
  const data = arranged(value, shape);
  if (format.kind === "json") return { ok: true, text: goJSON(data) };
  try {
    return { ok: true, text: renderTemplate(format.text, { shape, value: data }) };
  } catch (error) {
    if (error instanceof TemplateError) return { ok: false, error: error.message };
    throw error;
  }
}

/**
 * JSON as Go indents it with four spaces, and escapes it for being put in a web page. Characters that could steer a
 * terminal or hide are escaped too: to whoever reads JSON they stay the same.
 */
function goJSON(value: unknown): string {
  const units = (text: string) => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return JSON.stringify(value, null, 4).replace(/[<>&\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    units(character)
      .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
