import type { Random } from "../base/index.ts";
import type { Node } from "../model/index.ts";

/**
 * Nodes in a circle, in an order drawn by chance, each order as likely as any other (Fisher and Yates). Each search goes on
 * where the last one stopped, so that allocations spread over the nodes although a search looks at a few of them only. The
 * order is drawn as far as it is asked for: most searches of a large cluster are over after a few nodes.
 */
export class NodeRing {
  readonly #nodes: Node[];
  readonly #random: Random;
  #drawn = 0;
  #at = 0;

  constructor(nodes: readonly Node[], random: Random) {
    this.#nodes = nodes.slice();
    this.#random = random;
  }

  /** Once round the circle, for as long as the caller asks; and once more if it is asked again. */
  turn(): Iterable<Node> {
    return { [Symbol.iterator]: () => this.#turn() };
  }

  #turn(): Iterator<Node> {
    let left = this.#nodes.length;
    return {
      next: () => (left-- > 0 ? { done: false, value: this.#next() } : { done: true, value: undefined }),
    };
  }

  #next(): Node {
    const at = this.#at;
    if (at === this.#drawn) this.#draw();
    this.#at = at + 1 === this.#nodes.length ? 0 : at + 1;
    return this.#nodes[at] as Node;
  }

  /** One of those that were not drawn yet comes next. */
  #draw(): void {
    const nodes = this.#nodes;
    const at = this.#drawn++;
    const other = at + this.#random.below(nodes.length - at);
    [nodes[at], nodes[other]] = [nodes[other] as Node, nodes[at] as Node];
  }
}
