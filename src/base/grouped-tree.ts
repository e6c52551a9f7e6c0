/** A node is copied before it is written: small ones are cheaper to copy, large ones to search. Measured. */
const mostInNode = 32;

/** A place in a node takes three items: group, key, and the value or, in a branch, the node below. */
const width = 3;

/**
 * A leaf or a branch. All that is below a place of a branch is at or after the group and key that stand there, save below
 * the first, and before those of the next place. It is one list, so that one copy copies it.
 */
class Node {
  /** The tree that may write to this node. */
  readonly owner: number;
  items: unknown[];

  constructor(owner: number, items: unknown[]) {
    this.owner = owner;
    this.items = items;
  }
}

let owners = 0;

/**
 * Values in groups, each found by its group and its key, and listed by group in the order of the keys: a copy-on-write
 * B+tree. A clone costs the same however large the tree is: from then on neither tree owns the nodes that both have, and
 * a tree copies a node that it does not own before it writes to it. A node goes once it is empty; it is not joined with
 * its neighbours before that, since most trees grow again.
 */
export class GroupedTree<Value> {
  #owner = ++owners;
  #root = new Node(this.#owner, []);
  /** How many branches there are above each leaf. */
  #height = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(group: string, key: string): Value | undefined {
    let node = this.#root;
    for (let height = this.#height; height > 0; height--) node = slotOf(node, branchPlace(node, group, key)) as Node;
    const place = lastUpTo(node, group, key);
    return isAt(node, place, group, key) ? (slotOf(node, place) as Value) : undefined;
  }

  hasAny(group: string): boolean {
    let node = this.#root;
    let right: Node | undefined;
    for (let height = this.#height; height > 0; height--) {
      const place = branchPlace(node, group, "");
      if (place + 1 < sizeOf(node)) right = slotOf(node, place + 1) as Node;
      else if (right !== undefined) right = slotOf(right, 0) as Node;
      node = slotOf(node, place) as Node;
    }
    const place = lastUpTo(node, group, "");
    if (isAt(node, place, group, "")) return true;
    if (place + 1 < sizeOf(node)) return node.items[(place + 1) * width] === group;
    return right !== undefined && right.items[0] === group;
  }

  /** The values of a group, from a key on, as they are now, whatever is written meanwhile. */
  valuesOf(group: string, from = ""): IterableIterator<Value> {
    this.#owner = ++owners;
    return valuesFrom(this.#root, this.#height, group, from) as IterableIterator<Value>;
  }

  /** Returns the value that was there before. */
  set(group: string, key: string, value: Value): Value | undefined {
    let node = this.#ownRoot();
    if (isFull(node)) node = this.#grow(node);
    for (let height = this.#height; height > 0; height--) node = this.#ownChildWithRoom(node, height, group, key);
    const place = lastUpTo(node, group, key);
    if (!isAt(node, place, group, key)) {
      insert(node, place + 1, group, key, value);
      this.#size++;
      return undefined;
    }
    return replace(node, place, key, value) as Value;
  }

  /** Returns the value that was there. */
  delete(group: string, key: string): Value | undefined {
    const removed = this.#remove(this.#ownRoot(), this.#height, group, key);
    if (removed === undefined) return undefined;
    this.#size--;
    for (; this.#height > 0 && sizeOf(this.#root) === 1; this.#height--) this.#root = slotOf(this.#root, 0) as Node;
    return removed;
  }

  clone(): GroupedTree<Value> {
    const clone = new GroupedTree<Value>();
    clone.#root = this.#root;
    clone.#height = this.#height;
    clone.#size = this.#size;
    this.#owner = ++owners;
    return clone;
  }

  #ownRoot(): Node {
    this.#root = this.#owned(this.#root, this.#height);
    return this.#root;
  }

  #ownChild(parent: Node, height: number, place: number): Node {
    const child = this.#owned(slotOf(parent, place) as Node, height - 1);
    parent.items[place * width + 2] = child;
    return child;
  }

  #owned(node: Node, height: number): Node {
    if (node.owner === this.#owner) return node;
    return new Node(this.#owner, height === 0 ? node.items : node.items.slice());
  }

  /** A new root above a full one. */
  #grow(root: Node): Node {
    this.#root = new Node(this.#owner, [root.items[0], root.items[1], root]);
    this.#height++;
    return this.#root;
  }

  /** The child to go on to, split before if it is full, so that at every step there is room for one more. */
  #ownChildWithRoom(parent: Node, height: number, group: string, key: string): Node {
    const place = branchPlace(parent, group, key);
    const child = this.#ownChild(parent, height, place);
    if (!isFull(child)) return child;
    const right = splitOff(child);
    insert(parent, place + 1, right.items[0], right.items[1], right);
    return branchPlace(parent, group, key) === place ? child : right;
  }

  #remove(node: Node, height: number, group: string, key: string): Value | undefined {
    if (height === 0) {
      const place = lastUpTo(node, group, key);
      return isAt(node, place, group, key) ? (takeOut(node, place) as Value) : undefined;
    }
    const place = branchPlace(node, group, key);
    const child = this.#ownChild(node, height, place);
    const removed = this.#remove(child, height - 1, group, key);
    if (sizeOf(child) === 0) takeOut(node, place);
    return removed;
  }
}

/** The last place in a node that is not after a group and a key; -1 if all are. */
function lastUpTo({ items }: Node, group: string, key: string): number {
  let low = 0;
  let high = items.length / width;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = items[middle * width] as string;
    const isBefore = there === group ? key < (items[middle * width + 1] as string) : group < there;
    if (isBefore) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

function branchPlace(branch: Node, group: string, key: string): number {
  return Math.max(0, lastUpTo(branch, group, key));
}

function isAt({ items }: Node, place: number, group: string, key: string): boolean {
  return place >= 0 && items[place * width + 1] === key && items[place * width] === group;
}

function slotOf({ items }: Node, place: number): unknown {
  return items[place * width + 2];
}

function sizeOf({ items }: Node): number {
  return items.length / width;
}

function isFull(node: Node): boolean {
  return sizeOf(node) === mostInNode;
}

/** The right half of a full node, as a node of its own; the left half stays. */
function splitOff(node: Node): Node {
  const half = (mostInNode >>> 1) * width;
  const right = new Node(node.owner, node.items.slice(half));
  node.items = node.items.slice(0, half);
  return right;
}

function insert(node: Node, place: number, group: unknown, key: unknown, slot: unknown): void {
  node.items = node.items.toSpliced(place * width, 0, group, key, slot);
}

function replace(leaf: Node, place: number, key: string, value: unknown): unknown {
  const items = leaf.items.slice();
  items[place * width + 1] = key;
  items[place * width + 2] = value;
  const before = slotOf(leaf, place);
  leaf.items = items;
  return before;
}

function takeOut(node: Node, place: number): unknown {
  const slot = slotOf(node, place);
  node.items = node.items.toSpliced(place * width, width);
  return slot;
}

function* valuesFrom(root: Node, height: number, group: string, from: string): Generator<unknown, void> {
  const branches: Node[] = [];
  const places: number[] = [];
  let node = root;
  while (branches.length < height) {
    const place = branchPlace(node, group, from);
    branches.push(node);
    places.push(place);
    node = slotOf(node, place) as Node;
  }
  const last = lastUpTo(node, group, from);
  let place = isAt(node, last, group, from) ? last : last + 1;
  for (;;) {
    // The lists of nodes are replaced or written in place by their owner only, and there is none any more.
    const { items } = node;
    for (let i = place * width; i < items.length; i += width) {
      if (items[i] !== group) return;
      yield items[i + 2];
    }
    // Up to the nearest branch with a further child, and down again on its left.
    let level = height - 1;
    while (level >= 0 && (places[level] as number) + 1 === sizeOf(branches[level] as Node)) level--;
    if (level < 0) return;
    places[level] = (places[level] as number) + 1;
    node = slotOf(branches[level] as Node, places[level] as number) as Node;
    for (level++; level < height; level++) {
      branches[level] = node;
      places[level] = 0;
      node = slotOf(node, 0) as Node;
    }
    place = 0;
  }
}
