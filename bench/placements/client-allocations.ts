import { MsgpackCursor } from "../../src/wire/msgpack-cursor.ts";

/** What a node learns from an answer to `Node.GetClientAllocs`. */
export interface Listed {
  readonly index: number;
  /** Ids of allocations that were changed by the servers after what the node knew. */
  readonly fresh: readonly string[];
}

/**
 * Reads such an answer without making anything of what the node knows already: thousands of simulated nodes share a
 * processor with the server that is measured.
 */
export function readListed(body: Uint8Array, known: number): Listed {
  const cursor = new MsgpackCursor(body);
  const fresh: string[] = [];
  let index = 0;
  for (let fields = countNext(cursor); fields > 0; fields--) {
    const name = cursor.text(countNext(cursor));
    if (name === "Allocs") {
      for (let rows = countNext(cursor); rows > 0; rows--) {
        const length = countNext(cursor);
        const at = cursor.skip(length);
        const modified = Number(cursor.scalar(cursor.byte()));
        if (modified > known) fresh.push(cursor.bytes.toString("latin1", at, at + length));
      }
    } else {
      const value = cursor.scalar(cursor.byte());
      if (name === "Index") index = Number(value);
    }
  }
  return { index, fresh };
}

/** The count of what begins here: bytes of a text, pairs of a map. */
function countNext(cursor: MsgpackCursor): number {
  const head = cursor.headOf(cursor.byte());
  if (head.kind === "scalar") throw new Error("Cannot read an answer: it is no list of allocations");
  return cursor.count(head);
}
