import { DeadlineQueue, type Instant, later, nanoseconds } from "../../base/index.ts";
import type { Outbox } from "../outbox.ts";
import { fieldsOf } from "../wire/fields.ts";
import type { QueryMessage, QueryResponse } from "../wire/serf-messages.ts";
import { Unreadable } from "../wire/unreadable.ts";
import { tagMatches } from "./tag-pattern.ts";
import type { Tags } from "./tags.ts";

/** Queries that wait for answers at a time, ours and others'. */
const MAX_OPEN = 1_024;
const MAX_EXPRESSION_BYTES = 1_024;
const MAX_NAMES = 16_384;
const BY_NAME = 0;
const BY_TAG = 1;

interface OwnQuery {
  readonly query: number;
  readonly acknowledged: Set<string>;
  readonly answered: Set<string>;
}

/** Questions of ours to the pool that are open, and those of others that we may still answer. */
export class Queries {
  readonly #outbox: Outbox;
  /** By Lamport time and id, which together name a query in the pool. */
  readonly #own = new Map<string, OwnQuery>();
  readonly #ownDeadlines = new DeadlineQueue<string>();
  readonly #others = new Map<number, QueryMessage>();
  readonly #othersDeadlines = new DeadlineQueue<number>();
  #count = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  wakeAt(): Instant | undefined {
    const [own, others] = [this.#ownDeadlines.earliest(), this.#othersDeadlines.earliest()];
    return own === undefined || (others !== undefined && others < own) ? others : own;
  }

  /** Waits for answers to a query of ours, which our user calls `query`. */
  open(now: Instant, message: QueryMessage, query: number): void {
    const key = keyOf(message);
    this.#own.set(key, { query, acknowledged: new Set(), answered: new Set() });
    this.#ownDeadlines.set(key, later(now, nanoseconds(message.timeoutNanoseconds)));
  }

  /** Each member may acknowledge once and answer once. */
  heard(response: QueryResponse): void {
    const own = this.#own.get(keyOf(response));
    if (own === undefined) return;
    const { from, isAck, payload } = response;
    const heardFrom = isAck ? own.acknowledged : own.answered;
    if (heardFrom.has(from)) return;
    heardFrom.add(from);
    if (isAck) this.#outbox.tell({ kind: "acknowledged", query: own.query, from });
    else this.#outbox.tell({ kind: "answered", query: own.query, from, payload });
  }

  /** Keeps a question for as long as its asker waits. The number to answer it under; undefined when too many are open. */
  hold(now: Instant, message: QueryMessage): number | undefined {
    if (this.#others.size >= MAX_OPEN) return undefined;
    const query = ++this.#count;
    this.#others.set(query, message);
    this.#othersDeadlines.set(query, later(now, nanoseconds(message.timeoutNanoseconds)));
    return query;
  }

  /** The question of this number; undefined when it is answered or too late. */
  held(query: number): QueryMessage | undefined {
    return this.#others.get(query);
  }

  release(query: number): void {
    this.#others.delete(query);
    this.#othersDeadlines.delete(query);
  }

  wake(now: Instant): void {
    for (const query of this.#othersDeadlines.takeUntil(now)) this.#others.delete(query);
    for (const key of this.#ownDeadlines.takeUntil(now)) {
      const own = this.#own.get(key);
      this.#own.delete(key);
      if (own !== undefined) this.#outbox.tell({ kind: "queryOver", query: own.query });
    }
  }
}

/**
 * Whether a query is meant for a member: all its filters, of names and of tags, must pass. Throws `Unreadable` for a
 * filter that is none, and for an expression that we do not take.
 */
export function isMeantFor(filters: readonly Uint8Array[], name: string, tags: Tags): boolean {
  return filters.every((filter) => passes(filter, name, tags));
}

function passes(filter: Uint8Array, name: string, tags: Tags): boolean {
  const body = filter.subarray(1);
  if (filter[0] === BY_NAME) return namesOf(body).includes(name);
  if (filter[0] !== BY_TAG) throw new Unreadable("query filter of unknown type");
  const fields = fieldsOf(body);
  const expression = fields.text("Expr", MAX_EXPRESSION_BYTES);
  const matches = tagMatches(expression, tags[fields.text("Tag", MAX_EXPRESSION_BYTES)] ?? "");
  if (matches === undefined) throw new Unreadable("query filter with an expression that is not supported");
  return matches;
}

/** The list stands alone; put into a struct it is read as any other. */
function namesOf(body: Uint8Array): readonly string[] {
  const asField = Buffer.concat([Uint8Array.of(0x81, 0xa1, 0x4e), body]);
  return fieldsOf(asField).texts("N", { entries: MAX_NAMES, bytes: 512 });
}

function keyOf({ time, id }: { readonly time: number; readonly id: number }): string {
  return `${time}/${id}`;
}
