import { HCLError } from "./hcl-error.ts";

/** No key is anything like it, so that a parser lists all it knows. */
const stranger = "zzzzzzzzzzzz";

/**
 * The keys that a parser says it knows in a block, from the outermost to that; undefined where it is no block. `open` is how
 * a block of that name begins.
 */
export function knownKeys(
  parse: (text: string) => unknown,
  blocks: readonly string[],
  open: (name: string) => string,
): string[] | undefined {
  const text = `${blocks.map(open).join(" ")} ${stranger} = 1 ${"}".repeat(blocks.length)}`;
  try {
    parse(text);
  } catch (error) {
    const found = error instanceof HCLError ? error.diagnostics : [];
    const hint = found.find(({ message }) => message.endsWith(`invalid key: ${stranger}`))?.hint;
    return hint?.replace("Known here: ", "").split(", ");
  }
  return undefined;
}
