import type { Random } from "../base/index.ts";
import type { Node } from "../model/index.ts";

/**
 * Nodes in a circle, in an order drawn by chance, each order as likely as any other (Fisher and Yates), each as what is
 * made of it when it is first looked at. Each search goes on where the last one stopped, so that allocations spread over
 * the nodes although a search looks at a few of them only. The order is drawn as far as it is asked for: most searches of
 * a large cluster are over after a few nodes.
 */
export class NodeRing<Seen> {
  readonly #nodes: Node[];
  readonly #random: Random;
  readonly #look: (node: Node) => Seen;
  readonly #seen: Seen[] = [];
  #at = 0;

  constructor(nodes: readonly Node[], random: Random, look: (node: Node) => Seen) {
    this.#nodes = nodes.slice();
    this.#random = random;
    this.#look = look;
  }

  /** Once round the circle, for as long as the caller asks; and once more if it is asked again. */
  turn(): Iterable<Seen> {
    return { [Symbol.iterator]: () => this.#turn() };
  }

  #turn(): Iterator<Seen> {
    let left = this.#nodes.length;
    return {
      next: () => (left-- > 0 ? { done: false, value: this.#next() } : { done: true, value: undefined }),
    };
  }

  #next(): Seen {
    const at = this.#at;
    if (at === this.#seen.length) this.#seen.push(this.#look(this.#drawn(at)));
    this.#at = at + 1 === this.#nodes.length ? 0 : at + 1;
    return this.#seen[at] as Seen;
  }

  /** The node that comes at this place: one of those that have none yet. */
  #drawn(at: number): Node {
    const nodes = this.#nodes;
    const other = at + this.#random.below(nodes.length - at);
    [nodes[at], nodes[other]] = [nodes[other] as Node, nodes[at] as Node];
    return nodes[at];
  }
}
