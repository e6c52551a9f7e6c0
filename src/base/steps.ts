/** Work that may be left off after each step and taken up again later. */
export type Steps<Result> = Generator<void, Result>;

/** Takes all steps, one after the other. */
export function allAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
