import { cronFields, numberIn, partsOf, unreadable } from "./cron-fields.ts";

/** A month that days are looked for in: how long it is and on which weekday it begins, Sunday being 0. */
export interface Month {
  readonly length: number;
  readonly begins: number;
}

/** Says of each day of a month whether it is meant. */
export type DayRule = (day: number, month: Month) => boolean;

/**
 * The days that a cron line means. Where both fields, of the month and of the week, name days it is those of either; a field
 * that is `*` names none.
 */
export function dayRule(dayOfMonth: string, dayOfWeek: string): DayRule {
  const [ofMonth, ofWeek] = [monthRules(dayOfMonth), weekRules(dayOfWeek)];
  if (ofMonth === undefined && ofWeek === undefined) return () => true;
  const rules = [...(ofMonth ?? []), ...(ofWeek ?? [])];
  return (day, month) => rules.some((rule) => rule(day, month));
}

/** Undefined if all days are meant. */
function monthRules(text: string): DayRule[] | undefined {
  const field = cronFields.dayOfMonth;
  const parts = partsOf(text, field);
  const rules = parts.map((part): DayRule => {
    if (part.kind === "all") return () => true;
    if (part.kind === "numbers") return (day) => part.numbers.includes(day);
    if (part.text === "l") return (day, { length }) => day === length;
    if (part.text === "lw") return (day, month) => day === nearestWorkday(month.length, month);
    const [, wanted] = /^(\d+)w$/.exec(part.text) ?? [];
    const near = numberIn(wanted ?? "", field);
    if (near === undefined) throw unreadable(part.text, field);
    return (day, month) => near <= month.length && day === nearestWorkday(near, month);
  });
  return parts.some(({ kind }) => kind === "all") ? undefined : rules;
}

/** Undefined if all days are meant. */
function weekRules(text: string): DayRule[] | undefined {
  const field = cronFields.dayOfWeek;
  const parts = partsOf(text, field);
  const rules = parts.map((part): DayRule => {
    if (part.kind === "all") return () => true;
    if (part.kind === "numbers")
      return (day, month) => part.numbers.some((number) => number % 7 === weekday(day, month));
    const [, name = "", which = ""] = /^(.+?)(l|#[1-5])$/.exec(part.text) ?? [];
    const wanted = numberIn(name, field);
    if (wanted === undefined) throw unreadable(part.text, field);
    const isInWeek = (day: number, { length }: Month) =>
      which === "l" ? day > length - 7 : Math.ceil(day / 7) === Number(which.slice(1));
    return (day, month) => wanted % 7 === weekday(day, month) && isInWeek(day, month);
  });
  return parts.some(({ kind }) => kind === "all") ? undefined : rules;
}

/** Saturday gives the Friday before it and Sunday the Monday after, unless that is in another month. */
function nearestWorkday(day: number, month: Month): number {
  switch (weekday(day, month)) {
    case 6:
      return day > 1 ? day - 1 : day + 2;
    case 0:
      return day < month.length ? day + 1 : day - 2;
    default:
      return day;
  }
}

function weekday(day: number, { begins }: Month): number {
  return (begins + day - 1) % 7;
}
