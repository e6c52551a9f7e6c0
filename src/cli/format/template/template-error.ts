/** A template cannot be read or carried out. The message is worded as Go's text/template words it. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}
