/** A text that is parsed, and what it is called in messages. `syntax` is decided by its first character. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly syntax: "hcl" | "json";
}

/** A place in a text: lines and columns count from 1, a column is one character however it is encoded. */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** From 0, in UTF-16 code units. */
  readonly offset: number;
}

export const textStart: Position = { line: 1, column: 1, offset: 0 };

/**
 * Turns offsets into positions. Offsets must be asked in rising order within a line: each character is
 * counted once, so that one line of a million characters costs no more than a million of one.
 */
export class PositionCursor {
  readonly #text: string;
  readonly #start: Position;
  #offset: number;
  #line: number;
  #column: number;

  /** A cursor that starts within the text is asked for nothing before. */
  constructor(text: string, start: Position = textStart) {
    this.#text = text;
    this.#start = start;
    ({ offset: this.#offset, line: this.#line, column: this.#column } = start);
  }

  at(offset: number): Position {
    if (offset < this.#offset) ({ offset: this.#offset, line: this.#line, column: this.#column } = this.#start);
    while (this.#offset < offset) this.#step();
    return { line: this.#line, column: this.#column, offset };
  }

  #step(): void {
    const code = this.#text.charCodeAt(this.#offset);
    const isSecondHalf = code >= 0xdc00 && code <= 0xdfff;
    if (code === 0x0a) [this.#line, this.#column] = [this.#line + 1, 1];
    else if (!isSecondHalf) this.#column += 1;
    this.#offset += 1;
  }
}
