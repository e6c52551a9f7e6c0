import { fixed, type HCLFunction } from "../evaluation/function.ts";
import { Unusable, type Value } from "../evaluation/value.ts";
import { csvRows } from "./csv.ts";
import { fromJSON, jsonText } from "./json.ts";
import { yamlText } from "./yaml-text.ts";

/** Functions that write values as text, and read them from it. */
export const encodingFunctions: Readonly<Record<string, HCLFunction>> = {
  base64decode: fixed(["string"], ([text], { budget }) => {
    budget.spendSize(text.length);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new Unusable("the text is no base64");
    return utf8(Buffer.from(text, "base64"));
  }),
  base64encode: fixed(["string"], ([text], { budget }) => {
    budget.spendSize(text.length);
    return Buffer.from(text).toString("base64");
  }),
  csvdecode: fixed(["string"], ([text], { budget }) => {
    budget.spendSize(text.length * 4);
    const [header, ...rows] = csvRows(text);
    if (header === undefined) throw new Unusable("the first line must name the columns");
    return rows.map((row): Value => {
      if (row.length !== header.length) throw new Unusable(`a line has ${row.length} columns, not ${header.length}`);
      return new Map(header.map((name, column) => [name, row[column]!]));
    });
  }),
  jsondecode: fixed(["string"], ([text], { budget }) => {
    budget.spendSize(text.length * 4);
    return fromJSON(text);
  }),
  jsonencode: fixed(["any"], ([value], { budget }) => {
    const text = jsonText(value);
    budget.spendSize(text.length);
    return text;
  }),
  urlencode: fixed(["string"], ([text], { budget }) => {
    budget.spendSize(text.length);
    return encodeURIComponent(text.toWellFormed())
      .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll("%20", "+");
  }),
  yamlencode: fixed(["any"], ([value], { budget }) => {
    const text = yamlText(value, budget);
    budget.spendSize(text.length);
    return text;
  }),
};

/** Bytes as text. Throws `Unusable` if they are none. */
export function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Unusable("the bytes are no text in UTF-8");
  }
}
