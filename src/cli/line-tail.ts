/** What a line is taken to be long when lines are asked for and only bytes can be counted. */
export const assumedLineBytes = 120;

/** The last `lines` lines of the bytes; a line break at the very end opens no new line. */
export function lastLines(bytes: Uint8Array, lines: number): Uint8Array {
  if (lines === 0) return bytes.subarray(bytes.length);
  let start = bytes.length;
  for (let left = lines; left > 0; left--) {
    const lineEnd = bytes.lastIndexOf(0x0a, start - 2);
    if (lineEnd < 0 || start <= 1) return bytes;
    start = lineEnd + 1;
  }
  return bytes.subarray(start);
}

/**
 * Passes on a stream of which only the last `lines` lines of its beginning are wanted. What counts as the beginning
 * is as many bytes as those lines are taken to have, or what has come when `quiet` resolves; all after that is passed
 * on as it comes.
 */
export async function* fromLastLines(
  source: AsyncIterable<Uint8Array>,
  { lines, quiet }: { readonly lines: number; readonly quiet: () => Promise<void> },
): AsyncGenerator<Uint8Array, void> {
  const iterator = source[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  try {
    let next = iterator.next();
    while (heldBytes < lines * assumedLineBytes) {
      const turn = await Promise.race([next, quiet().then(() => "quiet" as const)]);
      if (turn === "quiet" || turn.done) break;
      held.push(turn.value);
      heldBytes += turn.value.length;
      next = iterator.next();
    }
    yield lastLines(Buffer.concat(held), lines);
    for (let turn = await next; !turn.done; turn = await iterator.next()) yield turn.value;
  } finally {
    await iterator.return?.();
  }
}
