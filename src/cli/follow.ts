import type { StreamFrame } from "../api/index.ts";
import { booleanFlag, integerFlag, seconds } from "../base/index.ts";
import { described } from "./command.ts";
import { answered } from "./command-failed.ts";
import type { Environment } from "./environment.ts";
import { assumedLineBytes, fromLastLines } from "./line-tail.ts";

/** How many lines `-tail` shows when no number is given. */
const usualLines = 10;

/** The flags by which a part of a file or of a log is asked for. */
export const partFlags = {
  f: described(booleanFlag(), "Do not stop at the end: wait for more, until interrupted."),
  tail: described(booleanFlag(), "Begin near the end: ten lines before it, unless -n or -c say otherwise."),
  n: described(
    integerFlag(-1),
    "With -tail, how many lines before the end to begin, as near as it can be told.",
    "<lines>",
  ),
  c: described(integerFlag(-1), "With -tail, how many bytes before the end to begin.", "<bytes>"),
};

/** Where to begin: at the start, or so many bytes before the end; `lines` says how many of those are wanted. */
export interface Part {
  readonly origin: "start" | "end";
  readonly offset: number;
  readonly lines: number | undefined;
}

/** What the flags ask for together. */
export function partOf({ tail, n, c }: { readonly tail: boolean; readonly n: number; readonly c: number }): Part {
  if (!tail) return { origin: "start", offset: 0, lines: undefined };
  if (c !== -1) return { origin: "end", offset: c, lines: undefined };
  const lines = n === -1 ? usualLines : n;
  return { origin: "end", offset: lines * assumedLineBytes, lines };
}

/** Opens a stream and writes it to the output until it ends or the user interrupts, which is a good end. */
export async function copyOut(
  { output, sleep, interruption }: Pick<Environment, "output" | "sleep" | "interruption">,
  { lines }: Part,
  how: {
    readonly failure: string;
    readonly follow: boolean;
    open(signal: AbortSignal | undefined): Promise<AsyncIterable<Uint8Array>>;
  },
): Promise<void> {
  const signal = how.follow ? interruption() : undefined;
  const quiet = () => (how.follow ? sleep(seconds(1)) : never);
  const copying = async (): Promise<void> => {
    const source = await how.open(signal);
    const wanted = lines === undefined ? source : fromLastLines(source, { lines, quiet });
    for await (const bytes of wanted) output.write(bytes);
  };
  try {
    await answered(how.failure, copying());
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

const never = new Promise<void>(() => {});

/** The bytes that frames carry. The end of what is followed, such as a deleted file, is told on the way. */
export async function* bytesOf(frames: AsyncIterable<StreamFrame>): AsyncGenerator<Uint8Array, void> {
  for await (const { Data } of frames) if (Data !== undefined && Data !== "") yield Buffer.from(Data, "base64");
}
