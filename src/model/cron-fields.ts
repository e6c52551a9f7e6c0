/** One field of a cron line: what its numbers may be, and by which names some of them go. */
export interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of numbers from `min` on; three letters of one are enough. */
  readonly names: readonly string[];
}

/** What one of the parts of a field, between commas, stands for. */
export type CronPart =
  | { readonly kind: "all" }
  | { readonly kind: "numbers"; readonly numbers: readonly number[] }
  /** None of the forms that every field has; lower case. */
  | { readonly kind: "other"; readonly text: string };

/** A cron line cannot be read; the message is that of the original's library. */
export class CronProblem extends Error {
  override readonly name = "CronProblem";
}

const field = (name: string, min: number, max: number, names: readonly string[] = []): CronField => ({
  name,
  min,
  max,
  names,
});

const monthNames = "january february march april may june july august september october november december".split(" ");
const weekdayNames = "sunday monday tuesday wednesday thursday friday saturday".split(" ");

export const cronFields = {
  second: field("second", 0, 59),
  minute: field("minute", 0, 59),
  hour: field("hour", 0, 23),
  dayOfMonth: field("day-of-month", 1, 31),
  month: field("month", 1, 12, monthNames),
  /** Sunday is 7 too. */
  dayOfWeek: field("day-of-week", 0, 7, weekdayNames),
  year: field("year", 1970, 2099),
};

/** The parts of a field. Throws `CronProblem`. */
export function partsOf(text: string, field: CronField): CronPart[] {
  const parts = text
    .toLowerCase()
    .split(",")
    .filter((part) => part !== "");
  if (parts.length === 0) throw new CronProblem(`${field.name} field: missing directive`);
  return parts.map((part) => partOf(part, field));
}

/** The number that `text` stands for in a field; undefined if for none. */
export function numberIn(text: string, { min, max, names }: CronField): number | undefined {
  const named = names.findIndex((name) => text === name || text === name.slice(0, 3));
  if (named >= 0) return min + named;
  const number = /^(?:\d{1,2}|\d{4})$/.test(text) ? Number(text) : -1;
  return number >= min && number <= max ? number : undefined;
}

export function unreadable(part: string, { name }: CronField): CronProblem {
  return new CronProblem(`syntax error in ${name} field: '${part}'`);
}

function partOf(part: string, field: CronField): CronPart {
  if (part === "*" || part === "?") return { kind: "all" };
  const [, span = "", step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
  const bounds = span === "*" && step !== undefined ? field : boundsOf(span, field, { open: step !== undefined });
  if (bounds === undefined) return { kind: "other", text: part };
  const by = Number(step ?? 1);
  if (by < 1 || by > field.max) throw new CronProblem(`invalid interval ${part}`);
  const numbers: number[] = [];
  for (let number = bounds.min; number <= bounds.max; number += by) numbers.push(number);
  return { kind: "numbers", numbers };
}

/** The first and the last number of `5`, `5-9` or, with a step behind it, `5` up to the end of the field. */
function boundsOf(
  span: string,
  field: CronField,
  { open }: { readonly open: boolean },
): { readonly min: number; readonly max: number } | undefined {
  const [first = "", last] = span.split("-", 2);
  const min = numberIn(first, field);
  if (min === undefined || span.split("-").length > 2) return undefined;
  if (last === undefined) return { min, max: open ? lastOf(field) : min };
  const end = numberIn(last, field);
  if (end === undefined) return undefined;
  // A week may end on Sunday, as in `fri-sun`.
  const max = field === cronFields.dayOfWeek && end === 0 && min > 0 ? 7 : end;
  if (max < min) throw unreadable(span, field);
  return { min, max };
}

/** Of a week that is stepped through Sunday is the first day only. */
function lastOf(field: CronField): number {
  return field === cronFields.dayOfWeek ? 6 : field.max;
}
