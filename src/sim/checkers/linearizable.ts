import type { Instant } from "../../base/index.ts";

/** `version` is what the one who asked was told of the value's place in the order; it says where to look first, and decides nothing. */
interface When {
  readonly key: string;
  readonly start: Instant;
  readonly end: Instant | undefined;
  readonly version?: number;
}

/** A history that nobody finds an order for by so many tries has none: one that has is told by its versions at once. */
const mostPlaces = 100_000;

/**
 * One operation on one key, as the one who asked saw it; a `value` that is undefined is absence, and no value is written
 * twice. A `write` or a `swap` whose outcome is unknown has no `end`: it may have come about, may yet, or may never. A `swap`
 * writes if the value was `expected`; a `mismatch` is one that was refused: the value was another.
 */
export type Operation = When &
  (
    | { readonly kind: "read"; readonly value: string | undefined }
    | { readonly kind: "write"; readonly value: string | undefined }
    | { readonly kind: "swap"; readonly value: string | undefined; readonly expected: string | undefined }
    | { readonly kind: "mismatch"; readonly expected: string | undefined }
  );

/**
 * Says of which key a history cannot be explained by operations that each happened at one moment between its start
 * and its end; undefined when all can. Reads without an end say nothing and are left out.
 *
 * The search takes, again and again, any operation that may have come next: one that began before every operation
 * not yet taken had ended. One that changes nothing and agrees with the value of the moment is taken without looking
 * further. Whoever gets stuck goes back and tries another; where the search has been is remembered, so that no way is gone
 * twice. Since all that began long ago has been taken, such a place is told by a few numbers, however long the history: how
 * far all is taken, which of the next few are, and which of those without an end.
 * Sources: Wing and Gong, "Testing and verifying concurrent objects" (1993); the memory of Lowe (2017).
 */
export function notLinearizable(history: readonly Operation[]): string | undefined {
  for (const [key, operations] of Map.groupBy(history, (operation) => operation.key)) {
    if (!new Search(operations).succeeds()) return key;
  }
  return undefined;
}

/** Where the search stands. */
interface Place {
  readonly value: string | undefined;
  /** All ended operations before this one are taken. */
  readonly first: number;
  /** Of the others, those that are taken, in order. */
  readonly ahead: readonly number[];
  /** Of each kind of operation without an end, how many are taken. */
  readonly open: readonly number[];
}

class Search {
  /** By their start. */
  readonly #ended: readonly Operation[];
  /** Those without an end, in kinds that can stand for each other; of a kind, the one that began first is taken first. */
  readonly #open: readonly (readonly Operation[])[];
  /** Of each value, where it stands in the order, as far as somebody was told. */
  readonly #versions = new Map<string, number>();

  constructor(operations: readonly Operation[]) {
    const inOrder = operations.toSorted((a, b) => a.start - b.start);
    this.#ended = inOrder.filter(({ end }) => end !== undefined);
    const asked = new Set(this.#ended.flatMap((operation) => [...valuesAskedFor(operation)]));
    const open = inOrder.filter(({ kind, end }) => end === undefined && (kind === "write" || kind === "swap"));
    for (const operation of inOrder) {
      const { version, kind } = operation;
      if (version !== undefined && kind !== "mismatch") this.#versions.set(operation.value ?? "", version);
    }
    this.#open = [...Map.groupBy(open, (operation) => kindOf(operation, asked)).values()];
  }

  succeeds(): boolean {
    const been = new Set<string>();
    const ways: Place[] = [{ value: undefined, first: 0, ahead: [], open: this.#open.map(() => 0) }];
    for (let here = ways.pop(); here !== undefined; here = ways.pop()) {
      if (here.first === this.#ended.length) return true;
      const name = `${here.first} ${here.ahead.join()} ${here.open.join()} ${here.value ?? "\0"}`;
      if (been.has(name)) continue;
      been.add(name);
      if (been.size > mostPlaces) return false;
      ways.push(...this.#nextAfter(here));
    }
    return false;
  }

  /** The places that may follow, the most promising last. */
  #nextAfter(here: Place): readonly Place[] {
    const { possible, firstEnding } = this.#possible(here);
    const agreeing = possible.find((number) => changesNothing(this.#ended[number]!, here.value));
    if (agreeing !== undefined) return [this.#taking(agreeing, here)];
    const wanted = valuesAskedFor(this.#ended[firstEnding]!);
    const writes = possible.filter((number) => canWrite(this.#ended[number]!, here.value));
    const closed = writes.toReversed().map((number) => this.#taking(number, here));
    const places = [...this.#openAfter(here, possible), ...closed];
    const likely = [...places, ...places.filter(({ value }) => wanted.has(value))];
    return likely.sort((a, b) => this.#versionOf(b.value) - this.#versionOf(a.value));
  }

  #versionOf(value: string | undefined): number {
    return this.#versions.get(value ?? "") ?? Number.MAX_SAFE_INTEGER;
  }

  /** What may come next of what has ended: it began before anything else that is left had ended. */
  #possible({ first, ahead }: Place): { readonly possible: readonly number[]; readonly firstEnding: number } {
    const left: number[] = [];
    let firstEnding = first;
    for (let number = first; number < this.#ended.length; number++) {
      const operation = this.#ended[number]!;
      if (left.length > 0 && operation.start > this.#ended[firstEnding]!.end!) break;
      if (ahead.includes(number)) continue;
      if (left.length === 0 || operation.end! < this.#ended[firstEnding]!.end!) firstEnding = number;
      left.push(number);
    }
    const end = this.#ended[firstEnding]!.end!;
    return { possible: left.filter((number) => this.#ended[number]!.start <= end), firstEnding };
  }

  /** Of what has no end, only that which lets something else come next: the rest may as well never have come about. */
  #openAfter(here: Place, possible: readonly number[]): readonly Place[] {
    const end = Math.min(...possible.map((number) => this.#ended[number]!.end!));
    const next = this.#open.map((kind, at) => kind[here.open[at]!]);
    const isThere = (operation: Operation | undefined) => operation !== undefined && operation.start <= end;
    const after = [...possible.map((number) => this.#ended[number]!), ...next.filter(isThere)] as readonly Operation[];
    return next.flatMap((operation, at) => {
      if (operation === undefined || !isThere(operation) || !canWrite(operation, here.value)) return [];
      const value = writtenBy(operation);
      const isOfUse = after.some((other) => isLetBy(other, value, here.value));
      return isOfUse ? [{ ...here, value, open: here.open.with(at, here.open[at]! + 1) }] : [];
    });
  }

  #taking(number: number, here: Place): Place {
    const operation = this.#ended[number]!;
    const ahead = new Set([...here.ahead, number]);
    let { first } = here;
    while (ahead.delete(first)) first++;
    const writes = operation.kind === "write" || operation.kind === "swap";
    const value = writes ? operation.value : here.value;
    return { ...here, value, first, ahead: [...ahead].sort((a, b) => a - b) };
  }
}

/** The values that the moment must have, or must not have, for an operation to have come about as it did. */
function valuesAskedFor(operation: Operation): ReadonlySet<string | undefined> {
  if (operation.kind === "write") return new Set();
  return new Set([operation.kind === "read" ? operation.value : operation.expected]);
}

/** Operations of one kind do the same, as far as anybody has asked. */
function kindOf(operation: Operation, asked: ReadonlySet<string | undefined>): string {
  const value = writtenBy(operation);
  const written = asked.has(value) ? `to ${value ?? "\0"}` : "to what nobody saw";
  return operation.kind === "swap" ? `${written} from ${operation.expected ?? "\0"}` : written;
}

/** Whether something could not come about at the value before, and can at this one. */
function isLetBy(operation: Operation, value: string | undefined, before: string | undefined): boolean {
  const lets = (now: string | undefined) =>
    changesNothing(operation, now) || (operation.kind === "swap" && operation.expected === now);
  return lets(value) && !lets(before);
}

function writtenBy(operation: Operation): string | undefined {
  return operation.kind === "mismatch" ? undefined : operation.value;
}

function changesNothing(operation: Operation, value: string | undefined): boolean {
  if (operation.kind === "read") return operation.value === value;
  return operation.kind === "mismatch" && operation.expected !== value;
}

function canWrite(operation: Operation, value: string | undefined): boolean {
  return operation.kind === "write" || (operation.kind === "swap" && operation.expected === value);
}
