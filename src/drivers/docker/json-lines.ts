/** No line that means anything is longer. */
const longestLine = 1024 * 1024;

/** The JSON values of a stream that has one on each line; lines that are no JSON are passed over. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) throw new Error("a line of the engine's answer is too long");
    for (const line of lines) yield* jsonOf(line);
  }
  yield* jsonOf(rest);
}

function* jsonOf(line: string): Generator<unknown> {
  try {
    yield JSON.parse(line);
  } catch {
    // An empty line, or one that was cut off: what the engine has to say it says again, or in its status.
  }
}
