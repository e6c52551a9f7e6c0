import type { PullMessage } from "./engine.ts";

interface Layer {
  readonly isDone: boolean;
  readonly bytes: number;
  readonly ofBytes: number;
}

/**
 * What an engine says of a layer whose download has ended. It tells only the newest of what has happened since it last
 * told something, so that any of these may be the first of them that is heard.
 */
const afterDownload = new Set(["Verifying Checksum", "Download complete", "Extracting", "Pull complete"]);

/** How far a pull is, out of what the engine tells of each layer. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();

  hear({ id, status = "", progressDetail }: PullMessage): void {
    // What is told of the image as a whole bears its tag.
    if (id === undefined || status.startsWith("Pulling from")) return;
    const { bytes = 0, ofBytes = 0 } = this.#layers.get(id) ?? {};
    const isDownload = status === "Downloading";
    this.#layers.set(id, {
      isDone: status === "Pull complete" || status === "Already exists",
      bytes: isDownload ? (progressDetail?.current ?? bytes) : afterDownload.has(status) ? ofBytes : bytes,
      ofBytes: isDownload ? (progressDetail?.total ?? ofBytes) : ofBytes,
    });
  }

  /** For people; undefined while nothing is known. */
  describe(): string | undefined {
    if (this.#layers.size === 0) return undefined;
    const layers = [...this.#layers.values()];
    const done = layers.filter(({ isDone }) => isDone).length;
    const sum = (pick: (layer: Layer) => number) => layers.reduce((total, layer) => total + pick(layer), 0);
    const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)}MiB`;
    const bytes = `${mebibytes(sum((layer) => layer.bytes))}/${mebibytes(sum((layer) => layer.ofBytes))}`;
    return `Pulled ${done}/${layers.length} (${bytes}) layers`;
  }
}
