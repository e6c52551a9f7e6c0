/** Lets work on one thing be done one after the other, in the order it was asked for; of different things at once. */
export class Turns {
  /** By thing: ends when all work on it that was asked for so far has ended. */
  readonly #ends = new Map<string, Promise<void>>();

  /** Does `work` when all earlier work on `thing` has ended, whatever came of that. */
  async take<Result>(thing: string, work: () => Promise<Result>): Promise<Result> {
    const done = (this.#ends.get(thing) ?? Promise.resolve()).then(work);
    const end = done.then(
      () => {},
      () => {},
    );
    this.#ends.set(thing, end);
    try {
      return await done;
    } finally {
      if (this.#ends.get(thing) === end) this.#ends.delete(thing);
    }
  }
}
