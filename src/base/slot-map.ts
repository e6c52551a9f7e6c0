/** A page is copied before it is written: small ones are cheaper to copy, large ones make fewer levels. */
const bits = 5;
const width = 1 << bits;
const mask = width - 1;

/** Keys and values of as many slots, or a branch of such pages, which has no keys. */
class Page {
  /** The map that may write to this page. */
  readonly owner: number;
  /** The map that may write to the keys: a page that was copied for another value has those of the other page. */
  keyOwner = 0;
  keys: string[];
  readonly values: unknown[];

  constructor(owner: number, keys: string[], values: unknown[]) {
    this.owner = owner;
    this.keys = keys;
    this.values = values;
  }
}

const noKeys: string[] = [];
const emptyPage = new Page(0, noKeys, []);

/** Slots that are free again, the last one first. */
interface Free {
  readonly slot: number;
  readonly next: Free | undefined;
}

let owners = 0;

/**
 * Values with a key each, found by a small whole number that they are given, their slot. Others may know a value by its slot while
 * what is there changes. It is a copy-on-write tree of pages: a clone costs the same however many values there are, and
 * the map and its clone do not see what is later written to the other. A slot that is free again is given to another value.
 */
export class SlotMap<Value> {
  #owner = ++owners;
  #root = emptyPage;
  /** How far the bits of a slot are to be shifted to be those that count in the root. */
  #shift = 0;
  /** Below which all slots are that were ever given. */
  #end = 0;
  #free: Free | undefined;

  /** What is in a slot that was given and is not free. */
  get(slot: number): Value {
    return this.#pageWith(slot).values[slot & mask] as Value;
  }

  keyAt(slot: number): string {
    return this.#pageWith(slot).keys[slot & mask] as string;
  }

  /** Gives the value a slot. */
  add(key: string, value: Value): number {
    const slot = this.#take();
    if (slot >>> this.#shift >= width) this.#grow();
    const page = this.#pageFor(slot);
    this.#keysOf(page)[slot & mask] = key;
    page.values[slot & mask] = value;
    return slot;
  }

  /** Puts another value into a slot that is not free. The key stays. */
  set(slot: number, value: Value): void {
    this.#pageFor(slot).values[slot & mask] = value;
  }

  remove(slot: number): void {
    const page = this.#pageFor(slot);
    this.#keysOf(page)[slot & mask] = "";
    page.values[slot & mask] = undefined;
    this.#free = { slot, next: this.#free };
  }

  clone(): SlotMap<Value> {
    const clone = new SlotMap<Value>();
    clone.#root = this.#root;
    clone.#shift = this.#shift;
    clone.#end = this.#end;
    clone.#free = this.#free;
    this.#owner = ++owners;
    return clone;
  }

  #take(): number {
    if (this.#free === undefined) return this.#end++;
    const { slot, next } = this.#free;
    this.#free = next;
    return slot;
  }

  #grow(): void {
    this.#root = new Page(this.#owner, noKeys, [this.#root]);
    this.#shift += bits;
  }

  #pageWith(slot: number): Page {
    let page = this.#root;
    for (let shift = this.#shift; shift > 0; shift -= bits) page = page.values[(slot >>> shift) & mask] as Page;
    return page;
  }

  /** The page of a slot, to be written to; made if there is none yet. */
  #pageFor(slot: number): Page {
    let page = this.#owned(this.#root);
    this.#root = page;
    for (let shift = this.#shift; shift > 0; shift -= bits) {
      const place = (slot >>> shift) & mask;
      const below = this.#owned((page.values[place] as Page | undefined) ?? emptyPage);
      page.values[place] = below;
      page = below;
    }
    return page;
  }

  #owned(page: Page): Page {
    if (page.owner === this.#owner) return page;
    return new Page(this.#owner, page.keys, page.values.slice());
  }

  /** The keys of a page that is owned, to be written to. */
  #keysOf(page: Page): string[] {
    if (page.keyOwner !== this.#owner) {
      page.keys = page.keys.slice();
      page.keyOwner = this.#owner;
    }
    return page.keys;
  }
}
