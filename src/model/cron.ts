import { type DayRule, dayRule, type Month } from "./cron-days.ts";
import { type CronField, CronProblem, cronFields, partsOf, unreadable } from "./cron-fields.ts";

/**
 * A cron line and the moments it means. Moments are seconds of a calendar without time zones: those since 1970 as if there
 * were no other zone than the one meant.
 *
 * The dialect is that of the library of Nomad 0.4.1: five fields are minute, hour, day of month, month and weekday; a sixth
 * is the year, and with seven the first is the second.
 */
export class CronLine {
  readonly #times: {
    readonly hours: readonly number[];
    readonly minutes: readonly number[];
    readonly seconds: readonly number[];
  };
  readonly #months: readonly number[];
  readonly #years: readonly number[];
  readonly #isMeant: DayRule;

  /** Throws `CronProblem`. */
  constructor(spec: string) {
    const fields = (aliases.get(spec.trim()) ?? spec).split(/\s+/).filter((field) => field !== "");
    if (fields.length < 5) throw new CronProblem("missing field(s)");
    const [second = "0", minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = "", year = "*"] =
      fields.length < 7 ? ["0", ...fields] : fields;
    const seconds = numbersOf(second, cronFields.second);
    const minutes = numbersOf(minute, cronFields.minute);
    const hours = numbersOf(hour, cronFields.hour);
    this.#times = { hours, minutes, seconds };
    this.#isMeant = dayRule(dayOfMonth, dayOfWeek);
    this.#months = numbersOf(month, cronFields.month);
    this.#years = numbersOf(year, cronFields.year);
  }

  /** The first moment after `moment`; undefined if there is none. */
  after(moment: number): number | undefined {
    return this.#from(Math.floor(moment) + 1);
  }

  /** True if `moment` is meant. */
  means(moment: number): boolean {
    return this.#from(moment) === moment;
  }

  #from(moment: number): number | undefined {
    const today = Math.floor(moment / day);
    for (const date of this.#datesFrom(today)) {
      const time = this.#timeFrom(date === today ? moment - today * day : 0);
      if (time !== undefined) return date * day + time;
    }
    return undefined;
  }

  /** Days since 1970, from `today` on. */
  *#datesFrom(today: number): Generator<number> {
    const start = new Date(today * day * 1000);
    for (const year of this.#years.filter((each) => each >= start.getUTCFullYear())) {
      for (const number of this.#months) {
        const first = Date.UTC(year, number - 1, 1) / (day * 1000);
        const next = Date.UTC(year, number, 1) / (day * 1000);
        if (next <= today) continue;
        const month: Month = { length: next - first, begins: (first + weekdayOf1970) % 7 };
        for (let date = Math.max(first, today); date < next; date++) {
          if (this.#isMeant(date - first + 1, month)) yield date;
        }
      }
    }
  }

  /** The first time of a day, in seconds, that is meant and not before `earliest`. */
  #timeFrom(earliest: number): number | undefined {
    const { hours, minutes, seconds } = this.#times;
    for (const hour of hours) {
      for (const minute of minutes) {
        const start = hour * 3600 + minute * 60;
        if (start + 59 < earliest) continue;
        const second = seconds.find((each) => start + each >= earliest);
        if (second !== undefined) return start + second;
      }
    }
    return undefined;
  }
}

const day = 86_400;
/** The first of January 1970 was a Thursday. */
const weekdayOf1970 = 4;

const aliases = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

/** The numbers that a field names, in order. */
function numbersOf(text: string, field: CronField): number[] {
  const numbers = new Set<number>();
  for (const part of partsOf(text, field)) {
    if (part.kind === "other") throw unreadable(part.text, field);
    for (const number of part.kind === "all" ? allOf(field) : part.numbers) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

function allOf({ min, max }: CronField): number[] {
  return Array.from({ length: max - min + 1 }, (_, n) => min + n);
}
