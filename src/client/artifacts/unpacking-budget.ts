import { refusal } from "./artifact-error.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";

/** So much may come out of anything, however small it is. */
const freeBytes = 100e6;
const mostTimes = 1000;

/** Counts what comes out of an archive, and refuses it as soon as that is too much. */
export class UnpackingBudget {
  readonly #limits: ArtifactLimits;
  readonly #mostByRatio: number;
  #bytes = 0;
  #entries = 0;

  constructor(limits: ArtifactLimits, archiveBytes: number) {
    this.#limits = limits;
    this.#mostByRatio = Math.max(freeBytes, archiveBytes * mostTimes);
  }

  /** Throws `ArtifactError` when there is no more room for so many bytes. */
  takeBytes(count: number): void {
    this.#bytes += count;
    const { unpackedBytes } = this.#limits;
    if (this.#bytes > unpackedBytes) throw refusal(`the archive unpacks to more than ${unpackedBytes} bytes`);
    if (this.#bytes > this.#mostByRatio) {
      throw refusal(`the archive unpacks to more than ${mostTimes} times its size: a decompression bomb`);
    }
  }

  /** Throws `ArtifactError` when there were too many already. */
  takeEntries(count: number): void {
    this.#entries += count;
    const { unpackedEntries } = this.#limits;
    if (this.#entries > unpackedEntries) throw refusal(`the archive has more than ${unpackedEntries} entries`);
  }

  /** The bytes as they come, counted. */
  async *counted(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      this.takeBytes(chunk.length);
      yield chunk;
    }
  }
}
