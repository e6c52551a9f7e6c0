import type { NodeID, TaskGroup } from "../../model/index.ts";
import type { Prospect } from "../feasibility/prospect.ts";
import { type Search, type SearchRange, type Selection, select } from "../select.ts";

/**
 * Finds a place for one allocation after the other: where there is room, or else where room can be made. A group for which
 * there was none is not searched for again where nothing has changed: room is only where it was made for another.
 */
export class Places {
  readonly #search: Search;
  readonly #preempting: Search | undefined;
  /** Groups that no node has room for, but perhaps those of `#madeRoom`. */
  readonly #full = new Set<string>();
  readonly #madeRoom = new Map<NodeID, Prospect>();

  /** Without `preempting` no room is made. Whatever `find` finds is to be in the draft before it is asked again. */
  constructor(search: Search, preempting: Search | undefined) {
    this.#search = search;
    this.#preempting = preempting;
  }

  /** The nodes of `range` are gone through more than once. */
  find(group: TaskGroup, range: SearchRange): Selection {
    if (this.#preempting === undefined) return select(this.#search, group, range);
    const nodes = this.#full.has(group.Name) ? this.#madeRoom.values() : range.nodes;
    const found = select(this.#search, group, { ...range, nodes });
    if (found.option !== undefined) return found;
    this.#full.add(group.Name);
    const made = select(this.#preempting, group, range);
    if (made.option !== undefined) this.#madeRoom.set(made.option.node.ID, made.option);
    return made;
  }
}
