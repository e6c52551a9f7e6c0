import { minutes, seconds } from "../base/index.ts";
import type { Session } from "./command.ts";
import { answered } from "./command-failed.ts";
import { goQuote } from "./format/go-quote.ts";

/** So long the agent holds an answer back while nothing changes. */
const wait = minutes(1);
/** An agent that answers without news is not asked again at once. */
const pause = seconds(1);

/** Returns when the node drains no more, and says so. To interrupt it ends no drain. */
export async function followDrain(
  { nomad, environment, say }: Pick<Session<never>, "nomad" | "environment" | "say">,
  nodeID: string,
): Promise<number> {
  for (let index = 0; ; ) {
    const found = await answered("Error reading node", nomad.nodes.get(nodeID, index > 0 ? { index, wait } : {}));
    if (!found.value.Drain) {
      say(`Node ${goQuote(nodeID)} is not draining any more`);
      return 0;
    }
    if (found.index <= index) await environment.sleep(pause);
    index = found.index;
  }
}
