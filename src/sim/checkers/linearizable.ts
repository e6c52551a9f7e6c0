import type { Instant } from "../../base/index.ts";

/**
 * One operation on one key, as the one who asked saw it. `value` is what was written or read; undefined is absence.
 * A write whose outcome is unknown has no `end`: it may have come about, may yet, or may never.
 */
export interface Operation {
  readonly kind: "read" | "write";
  readonly key: string;
  readonly value: string | undefined;
  readonly start: Instant;
  readonly end: Instant | undefined;
}

/**
 * Says of which key a history cannot be explained by operations that each happened at one moment between its start
 * and its end; undefined when all can. Reads without an end say nothing and are left out.
 *
 * The search takes, again and again, any operation that may have come next: one that began before every operation
 * not yet taken had ended. A read may come next only where it saw the value of the moment, and then it is taken without
 * looking further, as it changes nothing. Whoever gets stuck goes back and tries another; which operations were taken,
 * and the value then, is remembered, so that no way is gone twice.
 * Source: Wing and Gong, "Testing and verifying concurrent objects" (1993), with the memory of Lowe (2017).
 */
export function notLinearizable(history: readonly Operation[]): string | undefined {
  for (const [key, operations] of Map.groupBy(history, ({ key }) => key)) {
    if (!canBeOrdered(telling(operations))) return key;
  }
  return undefined;
}

/** Leaves out reads without an answer, and writes of which nobody knows and nobody has seen anything. */
function telling(operations: readonly Operation[]): readonly Operation[] {
  const seen = new Set(
    operations.flatMap(({ kind, end, value }) => (kind === "read" && end !== undefined ? [value] : [])),
  );
  return operations.filter(({ kind, end, value }) => end !== undefined || (kind === "write" && seen.has(value)));
}

/** Where the search stands: what was taken, as one bit for each operation, and the value after it. */
interface Position {
  readonly taken: bigint;
  readonly value: string | undefined;
}

function canBeOrdered(given: readonly Operation[]): boolean {
  const operations = given.toSorted((a, b) => a.start - b.start);
  const been = new Set<string>();
  const open: Position[] = [{ taken: 0n, value: undefined }];
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    const name = `${here.taken.toString(36)} ${here.value ?? "\0"}`;
    if (been.has(name)) continue;
    been.add(name);
    const { taken, value } = here;
    const left = operations.flatMap((operation, number) =>
      (taken & (1n << BigInt(number))) === 0n ? [{ operation, number }] : [],
    );
    if (left.every(({ operation }) => operation.end === undefined)) return true;
    open.push(...nextAfter({ taken, value }, left));
  }
  return false;
}

interface Numbered {
  readonly operation: Operation;
  readonly number: number;
}

/** The positions that may follow, the most promising last. */
function nextAfter({ taken, value }: Position, left: readonly Numbered[]): readonly Position[] {
  const endOf = ({ operation }: Numbered) => operation.end ?? Number.POSITIVE_INFINITY;
  const firstEnding = left.reduce((first, each) => (endOf(each) < endOf(first) ? each : first));
  const possible = left.filter(({ operation }) => operation.start <= endOf(firstEnding));
  const after = ({ operation, number }: Numbered): Position => ({
    taken: taken | (1n << BigInt(number)),
    value: operation.value,
  });
  const agreeing = possible.find(({ operation }) => operation.kind === "read" && operation.value === value);
  if (agreeing !== undefined) return [after(agreeing)];
  const writes = possible.filter(({ operation }) => operation.kind === "write").toReversed();
  const wanted = writes.filter(({ operation }) => operation.value === firstEnding.operation.value);
  return [...writes, ...wanted].map(after);
}
