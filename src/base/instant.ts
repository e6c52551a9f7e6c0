declare const duration: unique symbol;
declare const instant: unique symbol;

/** A span of time. A branded count of nanoseconds; made by `seconds(10)`, compared and added by the functions here. */
export type Duration = number & { readonly [duration]: true };

/**
 * A point in time: nanoseconds since the Unix epoch, rounded to 256 ns by the width of a double.
 * Intervals are measured between instants of one monotonic clock, never across processes.
 */
export type Instant = number & { readonly [instant]: true };

export const nanoseconds = (n: number): Duration => n as Duration;
export const microseconds = (n: number): Duration => (n * 1e3) as Duration;
export const milliseconds = (n: number): Duration => (n * 1e6) as Duration;
export const seconds = (n: number): Duration => (n * 1e9) as Duration;
export const minutes = (n: number): Duration => (n * 60e9) as Duration;
export const hours = (n: number): Duration => (n * 3_600e9) as Duration;

/** The duration in milliseconds, as timers of the platform take it. */
export const inMilliseconds = (time: Duration): number => time / 1e6;
/** The duration in seconds, fractions kept. */
export const inSeconds = (time: Duration): number => time / 1e9;

export const instantOf = (nanosecondsSinceEpoch: number): Instant => nanosecondsSinceEpoch as Instant;
export const later = (when: Instant, by: Duration): Instant => (when + by) as Instant;
export const earlier = (when: Instant, by: Duration): Instant => (when - by) as Instant;
/** How long after `start` is `end`; negative if it comes before. */
export const between = (start: Instant, end: Instant): Duration => (end - start) as Duration;
export const isBefore = (a: Instant, b: Instant): boolean => a < b;
export const soonest = (a: Instant, b: Instant): Instant => (a < b ? a : b);
export const latest = (a: Instant, b: Instant): Instant => (a > b ? a : b);
export const shorter = (a: Duration, b: Duration): Duration => (a < b ? a : b);
export const longer = (a: Duration, b: Duration): Duration => (a > b ? a : b);
export const times = (time: Duration, factor: number): Duration => Math.round(time * factor) as Duration;
