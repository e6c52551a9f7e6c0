import { printableLines } from "./printable.ts";

/** Terminal codes by what they do. All are empty when colours are not wanted. */
export interface Palette {
  readonly bold: string;
  readonly red: string;
  readonly green: string;
  readonly yellow: string;
  readonly blue: string;
  readonly cyan: string;
  readonly brightYellow: string;
  readonly reset: string;
}

export const colours: Palette = {
  bold: "\x1b[1m",
  red: "\x1b[31m",
  green: "\x1b[32m",
  yellow: "\x1b[33m",
  blue: "\x1b[34m",
  cyan: "\x1b[36m",
  brightYellow: "\x1b[93m",
  reset: "\x1b[0m",
};

export const noColours: Palette = {
  bold: "",
  red: "",
  green: "",
  yellow: "",
  blue: "",
  cyan: "",
  brightYellow: "",
  reset: "",
};

/** A bold line. The second reset is part of the output that scripts know: every coloured text ends with one of its own. */
export function heading(palette: Palette, text: string): string {
  return `${palette.bold}${text}${palette.reset}${palette.reset}`;
}

/** What servers have to say of a job that they take as it is. */
export function warningsText({ bold, yellow, reset }: Palette, warnings: string): string {
  return `${bold}${yellow}Job Warnings:\n${printableLines(warnings)}${reset}`;
}
