import { Unusable } from "../evaluation/value.ts";

/** The rows of a text of comma-separated values (RFC 4180), empty lines left out. Throws `Unusable`. */
export function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y;
  for (let at = 0; at < text.length || row.length > 0; ) {
    field.lastIndex = at;
    const [whole, value, end] = field.exec(text) ?? [];
    if (whole === undefined || value === undefined) throw new Unusable(`line ${rows.length + 1} is no CSV`);
    row.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    at += whole.length;
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}
