import type { Duration } from "../base/index.ts";
import { type Clock, pause } from "../runtime/index.ts";

/** The signals that reach the process, in order; the next one can be seen without being taken. */
export class ProcessSignals implements AsyncIterable<string> {
  readonly #source: AsyncIterator<string>;
  #next: Promise<IteratorResult<string>> | undefined;

  constructor(source: AsyncIterable<string>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next signal, which stays to be taken. */
  peek(): Promise<IteratorResult<string>> {
    this.#next ??= this.#source.next();
    return this.#next;
  }

  next(): Promise<IteratorResult<string>> {
    const next = this.peek();
    this.#next = undefined;
    return next;
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return { next: () => this.next() };
  }
}

/**
 * What `starting` comes to, or undefined when a signal asks for the end and `patience` later it has come to nothing: a
 * start may hang at a name server or a dead disk, and its user must get out. The signal is left to be taken.
 */
export async function startedUnlessEnded<Started>(
  starting: Promise<Started>,
  signals: ProcessSignals,
  { clock, patience }: { readonly clock: Clock; readonly patience: Duration },
): Promise<Started | undefined> {
  const over = new AbortController();
  const givenUp = signals.peek().then(async ({ value }) => {
    const isEnd = value === "SIGINT" || value === "SIGTERM";
    if (!isEnd || !(await pause(clock, patience, over.signal))) await starting;
    return undefined;
  });
  try {
    return await Promise.race([starting, givenUp]);
  } finally {
    over.abort();
  }
}
