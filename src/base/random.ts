/** A source of chance. The real one is seeded by the operating system, the simulator's by its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform integer in [0, below). */
  below(below: number): number;
  /** A version 4 UUID in lower case, as one flat string. */
  uuid(): string;
}

const hexDigits = Buffer.from("0123456789abcdef", "latin1");
/** Where identifiers are written, digit by digit, before they are made text: they are drawn by the million. */
const uuidText = Buffer.from("00000000-0000-0000-0000-000000000000", "latin1");

/**
 * A small, fast generator (sfc32) with a repeatable sequence.
 * Not for secrets: its next value can be computed from the ones seen.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    [this.#a, this.#b, this.#c] = spread(seed);
    for (let i = 0; i < 12; i++) this.#next();
  }

  fraction(): number {
    return this.#next() / 0x1_0000_0000;
  }

  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  uuid(): string {
    let at = 0;
    for (let word = 0; word < 4; word++) {
      let bits = this.#next();
      if (word === 1) bits = (bits & 0xffff0fff) | 0x00004000;
      if (word === 2) bits = (bits & 0x3fffffff) | 0x80000000;
      for (let shift = 28; shift >= 0; shift -= 4) {
        if (at === 8 || at === 13 || at === 18 || at === 23) at++;
        uuidText[at++] = hexDigits[(bits >>> shift) & 15] as number;
      }
    }
    return uuidText.toString("latin1");
  }

  /** A generator of its own for `name`: what one part draws never shifts what another sees. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.#next()}/${this.#next()}/${this.#next()}/${name}`);
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** A copy of `text` that is one piece in memory: a string built by concatenation may hold all its parts. */
export function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/**
 * Spreads a seed's text over the generator's words. Each character is stirred into three words of which each changes
 * the next, one-to-one: no two texts of one length end in the same 96 bits more often than chance would have it, so
 * that ids drawn from different seeds do not meet.
 */
function spread(seed: string): [number, number, number] {
  let [a, b, c] = [0x6a09e667, 0xbb67ae85, 0x3c6ef372];
  for (let i = 0; i <= seed.length; i++) {
    // After the last character comes the length, so that a text and its beginning are told apart.
    const unit = i < seed.length ? seed.charCodeAt(i) : seed.length;
    a = Math.imul(a ^ unit, 0x85ebca6b);
    b = Math.imul(b ^ a ^ (a >>> 15), 0xc2b2ae35);
    c = Math.imul(c ^ b ^ (b >>> 13), 0x27d4eb2f);
    a = (a + (c ^ (c >>> 16))) | 0;
  }
  return [a, b, c];
}
