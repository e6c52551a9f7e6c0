import type { Nomad } from "../api/index.ts";
import { answered } from "./command-failed.ts";

/** The ID of the node that the asked agent runs; undefined if it runs none. Throws `CommandFailed`. */
export async function ownNodeID(nomad: Nomad): Promise<string | undefined> {
  const asking = nomad.agent.self();
  const { value } = await answered("Error querying agent info: failed querying self endpoint", asking);
  return value.stats.client?.node_id;
}
