/** Why times cannot be read in `timeZone`, in Go's words; undefined if they can. Empty means UTC. */
export function timeZoneProblem(timeZone: string): string | undefined {
  if (timeZone === "") return undefined;
  try {
    clockIn(timeZone);
    return undefined;
  } catch {
    return `unknown time zone ${timeZone.slice(0, longestShown)}`;
  }
}

/**
 * What clocks and calendars show in `timeZone` at a moment, both in seconds since 1970: the result as if the clocks were
 * those of UTC. The zone must be one that is known.
 */
export function localTimeIn(timeZone: string): (moment: number) => number {
  if (timeZone === "" || timeZone === "UTC") return (moment) => moment;
  const clock = clockIn(timeZone);
  return (moment) => {
    const parts = new Map(clock.formatToParts(moment * 1000).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) as number;
    const shown = [part("day"), part("hour"), part("minute"), part("second")] as const;
    return Date.UTC(part("year"), part("month") - 1, ...shown) / 1000;
  };
}

const longestShown = 1024;

function clockIn(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}
