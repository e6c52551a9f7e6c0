import { type Body, HCLError, type NamedBlock, namedBlocksOf } from "../../hcl/index.ts";

/** The labelled blocks of a key; two of the same label are refused. */
export function uniqueBlocksOf(body: Body, key: string): NamedBlock[] {
  const seen = new Set<string>();
  const blocks = namedBlocksOf(body, key);
  for (const { name, position } of blocks) {
    if (seen.has(name)) {
      throw HCLError.bare(body.source, { message: `${key} '${name}' defined more than once`, position });
    }
    seen.add(name);
  }
  return blocks;
}
