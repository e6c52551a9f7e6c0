// A server that is going to be killed: opens its log, says "ready", then writes from several writers at once and says
// which lines were acknowledged.
import { openLoneServer } from "./lone-server.ts";

const [directory, life, bytes = "0"] = process.argv.slice(2) as [string, string, string?];
const WRITERS = 8;
/** Makes the log large soon, where a test wants that. */
const filling = bytes === "0" ? "" : ` ${"x".repeat(Number(bytes))}`;

const { host } = await openLoneServer(directory);
process.stdout.write("ready\n");
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => writeForEver(writer)));

async function writeForEver(writer: number): Promise<void> {
  for (let number = 0; ; number++) {
    const line = `${life}/${writer}/${number}`;
    await host.propose(Buffer.from(`${line}${filling}`));
    process.stdout.write(`${line}\n`);
  }
}
