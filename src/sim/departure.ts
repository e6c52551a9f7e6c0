/** What a leader says about itself and the configuration. */
export interface LeaderLook {
  readonly term: string;
  /** Where its log ends. */
  readonly lastIndex: number;
  readonly commitIndex: number;
  /** The addresses of all members, voters or not. */
  readonly members: readonly string[];
}

/**
 * Whether a server is out of the configuration for good, by what leaders say. Whoever thinks that it leads may have been
 * replaced long ago, and not know who came since. So it is believed only when it has committed more than its log had when it
 * was first seen to be without the server: that takes a majority that still follows it.
 */
export class Departure {
  readonly #address: string;
  #without: { readonly term: string; readonly lastIndex: number } | undefined;

  /** `address` is the one by which the configuration knows the server. */
  constructor(address: string) {
    this.#address = address;
  }

  /** Takes in one look after another; true when the server is out. */
  isSeenIn({ term, lastIndex, commitIndex, members }: LeaderLook): boolean {
    if (members.includes(this.#address)) this.#without = undefined;
    else if (this.#without?.term !== term) this.#without = { term, lastIndex };
    else return commitIndex > this.#without.lastIndex;
    return false;
  }
}
