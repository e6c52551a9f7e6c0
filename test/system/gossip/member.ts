/**
 * One member of a pool in a process of its own, at the pace of a datacenter: `member.ts NAME HOST:PORT [JOIN]`. Prints a
 * line for everything that happens to members, as `failed b`.
 */
import { LAN_TIMING, startGossip } from "../../../src/gossip/index.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";

const [name = "", bind = "", join] = process.argv.slice(2);
const gossip = await startGossip(nodeRuntime({ logLevel: "WARN", writeLog: () => {} }), {
  name,
  bind,
  tags: { role: "nomad" },
  timing: LAN_TIMING,
  onEvent: (event) => {
    if ("member" in event) console.log(`${event.kind} ${event.member.Name}`);
  },
});
if (join !== undefined) {
  const { error } = await gossip.join([join]);
  if (error !== "") throw new Error(error);
}
