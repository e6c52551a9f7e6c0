import type { Runtime } from "../../runtime/index.ts";
import { refusal } from "./artifact-error.ts";

const slice = 1024 * 1024;

/** Copies a plain file of this machine to `to`, which is not there yet; returns its size. Throws `ArtifactError`. */
export async function copyFile(
  { runtime: { disk }, signal }: { readonly runtime: Pick<Runtime, "disk">; readonly signal: AbortSignal },
  from: string,
  to: string,
  mostBytes: number,
): Promise<number> {
  const source = await disk.open(from, "read");
  try {
    if (!(await source.status()).isFile) throw refusal("the source is not a plain file");
    const target = await disk.open(to, "append", 0o600);
    try {
      for (let offset = 0; ; ) {
        signal.throwIfAborted();
        const bytes = await source.read(offset, slice);
        if (bytes.length === 0) return offset;
        offset += bytes.length;
        if (offset > mostBytes) throw refusal(`the file is larger than ${mostBytes} bytes`);
        await target.append(bytes);
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
