import { gzipSync } from "node:zlib";
import type { Runtime } from "../../../runtime/index.ts";

/** The bytes as a compression makes them, by the program of its name; gzip needs none. */
export async function compressed(
  runtime: Pick<Runtime, "processes">,
  compression: "gzip" | "bzip2" | "xz",
  bytes: Uint8Array,
): Promise<Uint8Array> {
  if (compression === "gzip") return gzipSync(bytes);
  const { output, ended } = runtime.processes.pipe(
    { command: compression, args: ["-c", "-1"], env: runtime.processes.environment, workingDirectory: "/" },
    { signal: new AbortController().signal, input: oneChunk(bytes) },
  );
  const chunks: Uint8Array[] = [];
  for await (const chunk of output) chunks.push(chunk);
  await ended;
  return Buffer.concat(chunks);
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
