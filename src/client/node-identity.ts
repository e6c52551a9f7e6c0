import { join } from "node:path/posix";
import type { NodeID } from "../model/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { readIfThere } from "./read-if-there.ts";

/** The file below the state directory that holds the node's ID and nothing else. */
const identityFile = "client-id";

/** The ID under which this node has joined before, or a new one, which is kept. In dev mode always a new one. */
export async function nodeIdentity(
  { disk, random }: Pick<Runtime, "disk" | "random">,
  stateDirectory: string,
  options: { readonly dev: boolean },
): Promise<NodeID> {
  if (options.dev) return random.uuid();
  const path = join(stateDirectory, identityFile);
  const known = (await readIfThere(disk, path))?.trim();
  if (known !== undefined && known !== "") {
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(known)) return known.toLowerCase();
    throw new Error(
      `Cannot read the node's ID from "${path}": it holds no UUID; restore it, or remove the file to join anew`,
    );
  }
  const id = random.uuid();
  await disk.writeAtomically(path, Buffer.from(id), 0o700);
  return id;
}
