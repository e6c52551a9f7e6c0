import { readFileSync } from "node:fs";

/** What the system passes on to a program at most in one piece, with the zero that ends it. */
const longestWord = 128 * 1024;
/** Between these the most that it passes on at all is a quarter of the stack that a program may have. */
const [leastInAll, mostInAll] = [128 * 1024, 6 * 2 ** 20];
const bytesOfPointer = 8;

/**
 * Throws when a program cannot be given these arguments and variables: otherwise that shows only when it takes the place of a
 * shim, and it counts as started. The error tells nothing of them, since the values of variables may be secret.
 */
export function refuseTooLong(words: readonly string[]): void {
  let total = 0;
  for (const word of words) {
    const bytes = Buffer.byteLength(word) + 1;
    if (bytes > longestWord) throw tooLong(`one argument or variable is of ${bytes - 1} bytes`);
    total += bytes + bytesOfPointer;
  }
  if (total > leastInAll && total > mostBytes()) {
    throw tooLong(`all arguments and variables together take ${total} bytes`);
  }
}

function mostBytes(): number {
  const limit = /^Max stack size\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return Math.max(leastInAll, Math.min(mostInAll, Number(limit ?? Number.POSITIVE_INFINITY) / 4));
}

function tooLong(what: string): Error {
  return new Error(`Cannot start a program: Argument list too long: ${what}`);
}
