import type { Random } from "../base/index.ts";
import type { Node } from "../model/index.ts";

/**
 * Nodes in a circle. Each search goes on where the last one stopped, so that allocations spread over the nodes
 * although a search looks at a few of them only.
 */
export class NodeRing {
  readonly #nodes: readonly Node[];
  #at = 0;

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  /** Once round the circle, for as long as the caller asks; and once more if it is asked again. */
  turn(): Iterable<Node> {
    return { [Symbol.iterator]: () => this.#turn() };
  }

  *#turn(): Iterator<Node> {
    for (let seen = 0; seen < this.#nodes.length; seen++) {
      const node = this.#nodes[this.#at] as Node;
      this.#at = (this.#at + 1) % this.#nodes.length;
      yield node;
    }
  }
}

/** The nodes in an order drawn by chance, each order as likely as any other (Fisher and Yates). */
export function shuffled(nodes: readonly Node[], random: Random): readonly Node[] {
  const order = [...nodes];
  for (let at = order.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [order[at], order[other]] = [order[other] as Node, order[at] as Node];
  }
  return order;
}
