/** An evaluation takes more than it may; nothing in a text can go on after it. */
export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
}

/** How many steps one file may take: a loop, a function, and 16 characters or elements made are a step each, and a failed attempt is twenty. */
export const defaultSteps = 500_000;

/** How deep an evaluation may go down: expressions inside of expressions, and locals that build on locals. */
const deepestEvaluation = 400;

/** Bounds the work, the memory and the depth of an evaluation, whatever the text says. */
export class Budget {
  readonly #steps: number;
  #left: number;
  #depth = 0;

  constructor(steps: number = defaultSteps) {
    this.#steps = steps;
    this.#left = steps;
  }

  /** Throws `BudgetSpent`. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) this.#fail();
  }

  /** Refuses a value that could not be gone through even once. Throws `BudgetSpent`. */
  refuseLarger({ elements, characters }: { readonly elements: number; readonly characters: number }): void {
    if (elements + characters / 16 > this.#steps) this.#fail();
  }

  /** For something with so many characters or elements. */
  spendSize(size: number): void {
    this.spend(1 + Math.ceil(size / 16));
  }

  /** Runs one level deeper. Throws `BudgetSpent`. */
  deeper<Result>(run: () => Result): Result {
    if (this.#depth >= deepestEvaluation)
      throw new BudgetSpent(`evaluating goes deeper than ${deepestEvaluation} levels`);
    this.#depth += 1;
    try {
      return run();
    } finally {
      this.#depth -= 1;
    }
  }

  #fail(): never {
    throw new BudgetSpent(
      `evaluating takes more than ${this.#steps} steps: loops, functions or strings grow too large`,
    );
  }
}
