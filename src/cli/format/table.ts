import { printable } from "../../base/index.ts";

/**
 * Rows as left-aligned columns, two spaces apart; the last cell of a row is not padded. An empty cell reads `<none>`,
 * or stays blank with `blanks`. Widths count bytes, so that columns stand as they do in the original's output.
 */
export function columns(rows: readonly (readonly string[])[], { blanks = false } = {}): string {
  return aligned(rows, "  ", blanks ? "" : "<none>");
}

/** Names and values, one pair a line: `Name   = value`. An empty value reads `<none>`. */
export function keyValues(pairs: readonly (readonly [string, string])[]): string {
  return aligned(pairs, " = ", "<none>");
}

function aligned(rows: readonly (readonly string[])[], glue: string, empty: string): string {
  const cells = rows.map((row) => row.map((cell) => printable(cell.trim()) || empty));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, Buffer.byteLength(cell));
  }
  return cells
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : padded(cell, widths[at]!))).join(glue))
    .join("\n");
}

function padded(cell: string, width: number): string {
  return cell + " ".repeat(width - Buffer.byteLength(cell));
}
