import type { Node, Refusal } from "../model/index.ts";

/** Kinds of refusals that are kept of one search, the most frequent first; the others are one row together. */
const mostRows = 8;
/** Characters of a constraint that are kept. */
const longestConstraint = 120;
/** Stands for the constraints that are not told one by one. */
export const otherReasons = "other reasons";

/** What is asked of something that ran out, and what is left of it. */
export interface Room {
  readonly needed: number;
  readonly free: number;
}

/** A row in the making. */
type Row = { -readonly [Field in keyof Refusal]: Refusal[Field] };

/**
 * Which nodes refused and why, as one row for each reason and class of nodes: what is kept of a search stays small however many
 * nodes there are, so that it can be stored with an evaluation.
 */
export class Refusals {
  readonly #filtered = new Map<string, Map<string, Row>>();
  readonly #exhausted = new Map<string, Map<string, Row>>();

  filtered(node: Node, constraint: string): void {
    const row = rowFor(this.#filtered, constraint, node);
    if (row.Nodes++ === 0) row.Constraint = shortened(constraint);
  }

  /** `room` where it can be counted. */
  exhausted(node: Node, dimension: string, room?: Room): void {
    const row = rowFor(this.#exhausted, dimension, node);
    if (row.Nodes++ > 0 && (room === undefined || room.free <= row.Free)) return;
    Object.assign(row, { Dimension: dimension, NodeID: node.ID, Needed: room?.needed ?? 0, Free: room?.free ?? 0 });
  }

  /** Of the most nodes first. */
  rows(): readonly Refusal[] {
    return fewest([...this.#filtered.values(), ...this.#exhausted.values()].flatMap((rows) => [...rows.values()]));
  }
}

/** What was refused elsewhere of the same group counts with it: a system job is searched a place node by node. */
export function together(some: readonly Refusal[], more: readonly Refusal[]): readonly Refusal[] {
  const rows = new Map<string, Refusal>();
  for (const row of [...some, ...more]) {
    const key = JSON.stringify([row.NodeClass, row.Constraint, row.Dimension]);
    const known = rows.get(key);
    if (known === undefined) rows.set(key, row);
    else rows.set(key, { ...(row.Free > known.Free ? row : known), Nodes: known.Nodes + row.Nodes });
  }
  return fewest([...rows.values()]);
}

function fewest(rows: readonly Refusal[]): readonly Refusal[] {
  const sorted = rows.toSorted((a, b) => Number(isRest(a)) - Number(isRest(b)) || b.Nodes - a.Nodes);
  if (sorted.length <= mostRows) return sorted;
  const rest = sorted.slice(mostRows - 1);
  const Nodes = rest.reduce((sum, row) => sum + row.Nodes, 0);
  return [
    ...sorted.slice(0, mostRows - 1),
    { ...blank, NodeID: rest[0]?.NodeID ?? "", Nodes, Constraint: otherReasons },
  ];
}

function isRest({ Constraint }: Refusal): boolean {
  return Constraint === otherReasons;
}

const blank: Refusal = { NodeClass: "", Nodes: 0, Constraint: "", Dimension: "", Needed: 0, Free: 0, NodeID: "" };

function rowFor(rows: Map<string, Map<string, Row>>, reason: string, { ID, NodeClass }: Node): Row {
  const byClass = rows.get(reason) ?? new Map<string, Row>();
  rows.set(reason, byClass);
  const row = byClass.get(NodeClass) ?? { ...blank, NodeClass, NodeID: ID };
  byClass.set(NodeClass, row);
  return row;
}

function shortened(text: string): string {
  return text.length <= longestConstraint ? text : `${text.slice(0, longestConstraint).toWellFormed()}…`;
}
