/** How a value is to be shown instead of the command's own words. */
export type DataFormat = { readonly kind: "json" } | { readonly kind: "template"; readonly text: string };

export type FormatChoice =
  | { readonly ok: true; readonly format: DataFormat | undefined }
  | { readonly ok: false; readonly error: string };

/** What `-json` and `-t` ask for together; undefined when neither was given. */
export function formatChoice({ json, template }: { readonly json: boolean; readonly template: string }): FormatChoice {
  if (json && template !== "") return { ok: false, error: "json format does not support template option." };
  if (json) return { ok: true, format: { kind: "json" } };
  return { ok: true, format: template === "" ? undefined : { kind: "template", text: template } };
}
