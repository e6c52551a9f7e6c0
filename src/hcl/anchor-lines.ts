/** A line that may end a heredoc: where it begins, and the offset of the newline behind it. */
export interface AnchorLine {
  readonly start: number;
  readonly end: number;
}

const anchorLine = /^[ \t\r]*([\p{L}\p{Nd}_-]+)\r?$/u;

/**
 * The lines of a text that hold one word and nothing else, by that word. Made once for a text, so that to look for the
 * end of one heredoc does not mean to read all lines behind it.
 */
export class AnchorLines {
  /** By the word, with its indentation and without. */
  readonly #exact = new Map<string, AnchorLine[]>();
  readonly #trimmed = new Map<string, AnchorLine[]>();

  constructor(text: string) {
    for (let start = 0; ; ) {
      const end = text.indexOf("\n", start);
      if (end === -1) return;
      const [, word] = (end - start < longestLine && anchorLine.exec(text.slice(start, end))) || [];
      if (word !== undefined) this.#add(word, { start, end }, text.startsWith(word, start));
      start = end + 1;
    }
  }

  /** The first line from `from` on that is the anchor; before those that are indented, one that is not. */
  closing(
    anchor: string,
    from: number,
    { mayBeIndented }: { readonly mayBeIndented: boolean },
  ): AnchorLine | undefined {
    const indented = firstFrom(this.#trimmed.get(anchor) ?? [], from);
    return mayBeIndented ? indented : (firstFrom(this.#exact.get(anchor) ?? [], from) ?? indented);
  }

  #add(word: string, line: AnchorLine, isExact: boolean): void {
    append(this.#trimmed, word, line);
    if (isExact) append(this.#exact, word, line);
  }
}

/** Nobody calls the end of a text by a longer name. */
const longestLine = 1024;

function append(map: Map<string, AnchorLine[]>, word: string, line: AnchorLine): void {
  const lines = map.get(word);
  if (lines === undefined) map.set(word, [line]);
  else lines.push(line);
}

function firstFrom(lines: readonly AnchorLine[], from: number): AnchorLine | undefined {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.start < from) low = middle + 1;
    else high = middle;
  }
  return lines[low];
}
