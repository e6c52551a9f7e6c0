import { assert } from "../../base/index.ts";
import { type Applied, digest, type StateView } from "../../state/index.ts";
import type { Checker } from "./checkers.ts";

/** What all servers of a world must agree on, whichever of them is asked, and whenever. */
export class Agreement {
  readonly #leaders = new Map<number, string>();
  readonly #digests = new Map<number, { readonly digest: string; readonly server: string }>();
  readonly #checkers: Checker[];
  /** The highest index that was ever applied by a server of a term, or an earlier one. */
  readonly #committed = new Map<number, number>();

  /** What no state may show: `checkers` look at each index once, since all states at an index are the same. */
  constructor(checkers: readonly Checker[]) {
    this.#checkers = [...checkers];
  }

  /** From now on `checker` looks at each index too. */
  watch(checker: Checker): void {
    this.#checkers.push(checker);
  }

  /**
   * A server leads, with a log that ends at `lastIndex`: nobody else has in this term, nor ever will, and it has all that was
   * committed in earlier ones.
   */
  leads(server: string, term: number, lastIndex: number): void {
    const earlier = [...this.#committed].flatMap(([of, index]) => (of < term ? [index] : []));
    const committed = Math.max(0, ...earlier);
    assert(
      lastIndex >= committed,
      `leaders are complete: ${server} ends at ${lastIndex} in term ${term}, not ${committed}`,
    );
    const known = this.#leaders.get(term) ?? server;
    assert(known === server, `a term has one leader: ${known} and ${server} in term ${term}`);
    this.#leaders.set(term, server);
  }

  /** What is applied by a server that knows of no later term was committed in this one or before. */
  committed(term: number, index: number): void {
    this.#committed.set(term, Math.max(index, this.#committed.get(term) ?? 0));
  }

  /** A server has applied an entry: whoever did so before, or does it again after a crash, came to the same state. */
  applied(server: string, view: StateView, applied: Applied): void {
    const own = digest(view);
    const known = this.#digests.get(applied.index);
    if (known === undefined) {
      this.#digests.set(applied.index, { digest: own, server });
      for (const check of this.#checkers) check(view, applied);
      return;
    }
    const who = known.server === server ? `${server}, twice` : `${known.server} and ${server}`;
    assert(known.digest === own, `all states at an index are the same: ${who}, at ${applied.index}`);
  }

  /** The highest index that any server has ever applied. */
  get lastIndex(): number {
    return Math.max(0, ...this.#digests.keys());
  }
}
