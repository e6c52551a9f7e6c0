/** How often each kind of thing has happened in a world: a fault that never occurs tests nothing. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  happened(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  of(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** All kinds and how often, sorted by name. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
