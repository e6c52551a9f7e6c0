import type { Nomad } from "../api/index.ts";
import type { Random } from "../base/index.ts";
import { answered, CommandFailed } from "./command-failed.ts";
import { goQuote } from "./format/go-quote.ts";

/** The agent that holds an allocation: only it can tell of files, logs and usage. Throws `CommandFailed`. */
export async function agentHolding(
  { nomad, at }: { readonly nomad: Nomad; at(httpAddress: string): Nomad },
  allocation: { readonly ID: string; readonly NodeID: string },
): Promise<Nomad> {
  const { value: node } = await answered("Error querying node", nomad.nodes.get(allocation.NodeID));
  if (node.HTTPAddr === "") {
    const which = goQuote(allocation.ID);
    throw new CommandFailed(`http addr of the node where alloc ${which} is running is not advertised`);
  }
  return at(node.HTTPAddr);
}

/** Some allocation of a job: one that runs if there is one. Throws `CommandFailed` if there is none at all. */
export async function someAllocationOf(
  { nomad, random }: { readonly nomad: Nomad; readonly random: Pick<Random, "below"> },
  jobID: string,
): Promise<string> {
  const { value } = await answered("Error fetching allocations", nomad.jobs.allocations(jobID));
  const all = value ?? [];
  const running = all.filter(({ ClientStatus }) => ClientStatus === "running");
  const candidates = running.length > 0 ? running : all;
  if (candidates.length === 0) {
    throw new CommandFailed(`Error fetching allocations: job ${goQuote(jobID)} doesn't exist or it has no allocations`);
  }
  return candidates[random.below(candidates.length)]!.ID;
}
