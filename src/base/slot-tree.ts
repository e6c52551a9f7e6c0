/** A leaf is copied before it is written: small ones are cheaper to copy, large ones to search. Measured. */
const mostInLeaf = 32;
const mostInBranch = 32;

/** A place in a leaf takes two numbers: a rank and a slot. */
const pair = 2;

/** An array that begins as one of doubles stays one: it holds its numbers themselves, and nothing that refers to anything. */
const noPairs: Leaf = [0.5].slice(1);

/** Ranks and slots in turn. It is not changed, but replaced. */
type Leaf = readonly number[];

/** All that is below a child is at or after the name and rank that stand beside it, save below the first, and before those of the next. */
class Branch {
  /** The tree that may write to this branch. */
  readonly owner: number;
  children: (Branch | Leaf)[];
  /** Where the children begin. These are not changed, but replaced. */
  ranks: readonly number[];
  groups: readonly string[];
  keys: readonly string[];

  constructor(owner: number, children: (Branch | Leaf)[], { ranks, groups, keys }: Names) {
    this.owner = owner;
    this.children = children;
    this.ranks = ranks;
    this.groups = groups;
    this.keys = keys;
  }
}

type Names = Pick<Branch, "ranks" | "groups" | "keys">;

/** By what names the values in slots go. */
export interface SlotNames {
  groupAt(slot: number): string;
  keyAt(slot: number): string;
}

let owners = 0;

/**
 * Slots of values that have a name of two parts, a group and a key; each is found by its name, and those of a group are
 * listed in the order of their keys: a copy-on-write B+tree. A clone costs the same however large the tree is: from then on
 * neither tree owns the branches that both have, and a tree copies one that it does not own before it writes to it.
 * A leaf or a branch goes once it is empty; it is not joined with its neighbours before that, since most trees grow again.
 *
 * Instead of names, leaves hold numbers that come in the same order, see `rankOf`. So a search among a million slots looks
 * at few names, each of which would be somewhere else in memory, and there is little to be copied and nothing for
 * the garbage collector to follow. Where ranks are equal, the names tell.
 */
export class SlotTree {
  readonly #names: SlotNames;
  #owner = ++owners;
  #root: Branch | Leaf = noPairs;
  /** How many branches there are above each leaf. */
  #height = 0;
  #size = 0;

  /** `names` are those of the slots that are in the tree, for as long as they are in it. */
  constructor(names: SlotNames) {
    this.#names = names;
  }

  get size(): number {
    return this.#size;
  }

  /** -1 if there is none. */
  find(group: string, key: string): number {
    const rank = rankOf(group, key);
    const leaf = this.#leafOf(rank, group, key);
    let place = firstOfRank(leaf, rank);
    const isAlone = leaf[(place + 1) * pair] !== rank;
    if (!isAlone) place = lastUpTo(leaf, this.#names, rank, group, key);
    return this.#isAt(leaf, place, rank, group, key) ? slotAt(leaf, place) : -1;
  }

  hasAny(group: string): boolean {
    for (const _ of this.slotsOf(group, "", this.#names)) return true;
    return false;
  }

  /** The slots of a group, from a key on, as they are now, whatever is written meanwhile. `names` are those that they have now. */
  slotsOf(group: string, from: string, names: SlotNames): IterableIterator<number> {
    this.#owner = ++owners;
    return slotsFrom(this.#root, this.#height, names, group, from);
  }

  /**
   * The slots of a group in order, and between them those of a few others, as a list: who tells them apart anyway goes through it
   * several times quicker than through `slotsOf`.
   */
  slotsNear(group: string): readonly number[] {
    const from = lowestRank(group);
    const end = group === "" ? Number.POSITIVE_INFINITY : from + withinGroup;
    const slots: number[] = [];
    addSlotsBetween(this.#root, this.#height, from, end, slots);
    return slots;
  }

  /** A name that is not in the tree. */
  insert(group: string, key: string, slot: number): void {
    const rank = rankOf(group, key);
    if (isFull(this.#root)) this.#grow();
    this.#size++;
    if (this.#height === 0) {
      this.#root = this.#with(this.#root as Leaf, rank, group, key, slot);
      return;
    }
    let branch = this.#ownRoot();
    for (let height = this.#height; height > 1; height--) {
      branch = this.#ownChild(branch, this.#placeWithRoom(branch, rank, group, key));
    }
    const place = this.#placeWithRoom(branch, rank, group, key);
    branch.children[place] = this.#with(branch.children[place] as Leaf, rank, group, key, slot);
  }

  /** Nothing happens if it is not there. */
  remove(group: string, key: string): void {
    const rank = rankOf(group, key);
    this.#root = this.#without(this.#root, this.#height, rank, group, key);
    for (; this.#height > 0 && (this.#root as Branch).children.length === 1; this.#height--) {
      this.#root = (this.#root as Branch).children[0] as Branch | Leaf;
    }
  }

  /** `names` are those that the slots have for the clone. */
  clone(names: SlotNames): SlotTree {
    const clone = new SlotTree(names);
    clone.#root = this.#root;
    clone.#height = this.#height;
    clone.#size = this.#size;
    this.#owner = ++owners;
    return clone;
  }

  #leafOf(rank: number, group: string, key: string): Leaf {
    let node = this.#root;
    for (let height = this.#height; height > 0; height--) {
      const branch = node as Branch;
      node = branch.children[childPlace(branch, rank, group, key)] as Branch | Leaf;
    }
    return node as Leaf;
  }

  #isAt(leaf: Leaf, place: number, rank: number, group: string, key: string): boolean {
    if (place < 0 || leaf[place * pair] !== rank) return false;
    const slot = slotAt(leaf, place);
    return this.#names.keyAt(slot) === key && this.#names.groupAt(slot) === group;
  }

  #with(leaf: Leaf, rank: number, group: string, key: string, slot: number): Leaf {
    const place = lastUpTo(leaf, this.#names, rank, group, key) + 1;
    return leaf.toSpliced(place * pair, 0, rank, slot);
  }

  #ownRoot(): Branch {
    const root = this.#owned(this.#root as Branch);
    this.#root = root;
    return root;
  }

  #ownChild(parent: Branch, place: number): Branch {
    const child = this.#owned(parent.children[place] as Branch);
    parent.children[place] = child;
    return child;
  }

  #owned(branch: Branch): Branch {
    if (branch.owner === this.#owner) return branch;
    return new Branch(this.#owner, branch.children.slice(), branch);
  }

  /** A new root above a full one. */
  #grow(): void {
    this.#root = new Branch(this.#owner, [this.#root], { ranks: [-0.5], groups: [""], keys: [""] });
    this.#height++;
  }

  /** Where to go on from a branch that is owned. The child is split before if it is full, so that at every step there is room for one more. */
  #placeWithRoom(branch: Branch, rank: number, group: string, key: string): number {
    const place = childPlace(branch, rank, group, key);
    const child = branch.children[place] as Branch | Leaf;
    if (!isFull(child)) return place;
    if (child instanceof Branch) this.#splitBranch(branch, place);
    else this.#splitLeaf(branch, place, child);
    return childPlace(branch, rank, group, key);
  }

  #splitLeaf(parent: Branch, place: number, leaf: Leaf): void {
    const half = (mostInLeaf >>> 1) * pair;
    const right = leaf.slice(half);
    const slot = slotAt(right, 0);
    parent.children[place] = leaf.slice(0, half);
    insertChild(parent, place + 1, right, {
      rank: right[0] as number,
      group: this.#names.groupAt(slot),
      key: this.#names.keyAt(slot),
    });
  }

  #splitBranch(parent: Branch, place: number): void {
    const left = this.#ownChild(parent, place);
    const half = mostInBranch >>> 1;
    const right = new Branch(this.#owner, left.children.slice(half), {
      ranks: left.ranks.slice(half),
      groups: left.groups.slice(half),
      keys: left.keys.slice(half),
    });
    left.children = left.children.slice(0, half);
    left.ranks = left.ranks.slice(0, half);
    left.groups = left.groups.slice(0, half);
    left.keys = left.keys.slice(0, half);
    insertChild(parent, place + 1, right, {
      rank: right.ranks[0] as number,
      group: right.groups[0] as string,
      key: right.keys[0] as string,
    });
  }

  #without(node: Branch | Leaf, height: number, rank: number, group: string, key: string): Branch | Leaf {
    if (height === 0) {
      const leaf = node as Leaf;
      const place = lastUpTo(leaf, this.#names, rank, group, key);
      if (!this.#isAt(leaf, place, rank, group, key)) return leaf;
      this.#size--;
      return leaf.toSpliced(place * pair, pair);
    }
    const branch = this.#owned(node as Branch);
    const place = childPlace(branch, rank, group, key);
    const child = this.#without(branch.children[place] as Branch | Leaf, height - 1, rank, group, key);
    branch.children[place] = child;
    if (countIn(child) === 0) takeOutChild(branch, place);
    return branch;
  }
}

/** Characters that count for the rank of a key without a group, and within a group. */
const [charactersAlone, charactersWithin] = [7, 4];
const characterBits = 7;
const highest = (1 << characterBits) - 1;
const withinGroup = 2 ** (charactersWithin * characterBits);
const groupBits = 24;

/**
 * A number for a name that is never higher than that of a later name of the same group: which group, and how its key begins. Groups have
 * no order, and a few may have the same number.
 */
function rankOf(group: string, key: string): number {
  return group === "" ? beginningOf(key, charactersAlone) : lowestRank(group) + beginningOf(key, charactersWithin);
}

function lowestRank(group: string): number {
  return group === "" ? 0 : numberOf(group) * withinGroup;
}

/** What comes after the first character that is not ASCII does not count. */
function beginningOf(key: string, characters: number): number {
  let rank = 0;
  let isOver = false;
  for (let at = 0; at < characters; at++) {
    const unit = isOver || at >= key.length ? 0 : key.charCodeAt(at);
    rank = rank * (highest + 1) + Math.min(unit, highest);
    if (unit >= highest) isOver = true;
  }
  return rank;
}

let numbered = { group: "", number: 0 };

/** A number for a group. Most are asked for many times in turn. */
function numberOf(group: string): number {
  if (numbered.group === group) return numbered.number;
  let hash = group.length;
  for (let at = 0; at < group.length; at++) hash = Math.imul(hash ^ group.charCodeAt(at), 0x01000193);
  hash ^= hash >>> 15;
  numbered = { group, number: Math.imul(hash, 0x2c1b3c6d) >>> (32 - groupBits) };
  return numbered.number;
}

/** The first place in a leaf with a rank, or with a higher one. */
function firstOfRank(leaf: Leaf, rank: number): number {
  let low = 0;
  let high = leaf.length / pair;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((leaf[middle * pair] as number) < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last place in a leaf that is not after a name; -1 if all are. */
function lastUpTo(leaf: Leaf, names: SlotNames, rank: number, group: string, key: string): number {
  let low = 0;
  let high = leaf.length / pair;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = leaf[middle * pair] as number;
    let isBefore = rank < there;
    if (rank === there) {
      const slot = slotAt(leaf, middle);
      isBefore = comesBefore(group, key, names.groupAt(slot), names.keyAt(slot));
    }
    if (isBefore) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

/** The child below which a name is, or would be. */
function childPlace({ ranks, groups, keys }: Names, rank: number, group: string, key: string): number {
  let low = 1;
  let high = ranks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = ranks[middle] as number;
    let isBefore = rank < there;
    if (rank === there) isBefore = comesBefore(group, key, groups[middle] as string, keys[middle] as string);
    if (isBefore) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

/** Among names of one rank. */
function comesBefore(group: string, key: string, otherGroup: string, otherKey: string): boolean {
  return group === otherGroup ? key < otherKey : group < otherGroup;
}

function slotAt(leaf: Leaf, place: number): number {
  return leaf[place * pair + 1] as number;
}

function countIn(node: Branch | Leaf): number {
  return node instanceof Branch ? node.children.length : node.length / pair;
}

function isFull(node: Branch | Leaf): boolean {
  return node instanceof Branch ? node.children.length === mostInBranch : node.length === mostInLeaf * pair;
}

function insertChild(
  branch: Branch,
  place: number,
  child: Branch | Leaf,
  { rank, group, key }: { readonly rank: number; readonly group: string; readonly key: string },
): void {
  branch.children = branch.children.toSpliced(place, 0, child);
  branch.ranks = branch.ranks.toSpliced(place, 0, rank);
  branch.groups = branch.groups.toSpliced(place, 0, group);
  branch.keys = branch.keys.toSpliced(place, 0, key);
}

function takeOutChild(branch: Branch, place: number): void {
  branch.children = branch.children.toSpliced(place, 1);
  branch.ranks = branch.ranks.toSpliced(place, 1);
  branch.groups = branch.groups.toSpliced(place, 1);
  branch.keys = branch.keys.toSpliced(place, 1);
}

/** Adds the slots whose ranks are not below `from`, and below `end`. */
function addSlotsBetween(node: Branch | Leaf, height: number, from: number, end: number, slots: number[]): void {
  if (height === 0) {
    const leaf = node as Leaf;
    for (let at = 0; at < leaf.length && (leaf[at] as number) < end; at += pair) {
      if ((leaf[at] as number) >= from) slots.push(leaf[at + 1] as number);
    }
    return;
  }
  const { children, ranks } = node as Branch;
  for (let place = 0; place < children.length; place++) {
    if (place > 0 && (ranks[place] as number) >= end) return;
    // What is below a child may end with what the next one begins with.
    if (place + 1 < children.length && (ranks[place + 1] as number) < from) continue;
    addSlotsBetween(children[place] as Branch | Leaf, height - 1, from, end, slots);
  }
}

function* slotsFrom(
  root: Branch | Leaf,
  height: number,
  names: SlotNames,
  group: string,
  from: string,
): Generator<number, void> {
  const rank = rankOf(group, from);
  const end = group === "" ? Number.POSITIVE_INFINITY : lowestRank(group) + withinGroup;
  const branches: Branch[] = [];
  const places: number[] = [];
  let node = root;
  while (branches.length < height) {
    const branch = node as Branch;
    const place = childPlace(branch, rank, group, from);
    branches.push(branch);
    places.push(place);
    node = branch.children[place] as Branch | Leaf;
  }
  let leaf = node as Leaf;
  let place = lastUpTo(leaf, names, rank, group, from);
  if (place < 0 || !(leaf[place * pair] === rank && names.keyAt(slotAt(leaf, place)) === from)) place++;
  for (;;) {
    for (let at = place * pair; at < leaf.length; at += pair) {
      if ((leaf[at] as number) >= end) return;
      const slot = leaf[at + 1] as number;
      if (names.groupAt(slot) === group) yield slot;
    }
    // Up to the nearest branch with a further child, and down again on its left.
    let level = height - 1;
    while (level >= 0 && (places[level] as number) + 1 === (branches[level] as Branch).children.length) level--;
    if (level < 0) return;
    places[level] = (places[level] as number) + 1;
    node = (branches[level] as Branch).children[places[level] as number] as Branch | Leaf;
    for (level++; level < height; level++) {
      branches[level] = node as Branch;
      places[level] = 0;
      node = (node as Branch).children[0] as Branch | Leaf;
    }
    leaf = node as Leaf;
    place = 0;
  }
}
