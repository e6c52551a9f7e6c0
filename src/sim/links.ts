/** From one host to another, in this direction only. */
export interface Direction {
  readonly from: string;
  readonly to: string;
}

/**
 * Which hosts reach which. What is sent over a connection while the way is cut is kept, in order, until it heals, as
 * TCP does by sending again; datagrams are for the network to drop.
 */
export class Links {
  readonly #held = new Map<string, (() => void)[]>();

  isCut(way: Direction): boolean {
    return this.#heldOn(way) !== undefined;
  }

  /** Nothing comes this way until all heals. */
  cut(way: Direction): void {
    if (!this.isCut(way)) this.#held.set(nameOf(way), []);
  }

  /** Acts now, or when the way heals. */
  pass(way: Direction, act: () => void): void {
    const held = this.#heldOn(way);
    if (held === undefined) act();
    else held.push(act);
  }

  /** A way, or all, is open again; what was held back arrives. */
  heal(way?: Direction): void {
    const names = way === undefined ? [...this.#held.keys()] : [nameOf(way)];
    const ways = names.map((name) => this.#held.get(name) ?? []);
    for (const name of names) this.#held.delete(name);
    for (const act of ways.flat()) act();
  }

  /** Mostly all is open: then no name need be made to see that. */
  #heldOn(way: Direction): (() => void)[] | undefined {
    return this.#held.size === 0 ? undefined : this.#held.get(nameOf(way));
  }
}

function nameOf({ from, to }: Direction): string {
  return `${from} > ${to}`;
}
