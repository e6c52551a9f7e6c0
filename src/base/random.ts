/** A source of chance. The real one is seeded by the operating system, the simulator's by its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform integer in [0, below). */
  below(below: number): number;
  /** A version 4 UUID in lower case, as one flat string. */
  uuid(): string;
}

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
    [this.#a, this.#b, this.#c] = [hash(`${seed}a`), hash(`${seed}b`), hash(`${seed}c`)];
    for (let i = 0; i < 12; i++) this.#next();
  }

  fraction(): number {
    return this.#next() / 0x1_0000_0000;
  }

  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  uuid(): string {
    const words = [this.#next(), this.#next(), this.#next(), this.#next()];
    words[1] = ((words[1] as number) & 0xffff0fff) | 0x00004000;
    words[2] = ((words[2] as number) & 0x3fffffff) | 0x80000000;
    const hex = words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
    return flat(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`);
  }

  /** A generator of its own for `name`: what one part draws never shifts what another sees. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.#next()}/${name}`);
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

/** FNV-1a, 32 bits: spreads a seed's text over the generator's words. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}
