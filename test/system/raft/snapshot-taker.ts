// A server that is going to die while it takes a snapshot: writes, takes two of them, says how far it is, and only then
// meets its trouble in the middle of the third.
import { DiskTrouble, type Trouble } from "../support/disk-trouble.ts";
import { openLoneServer } from "./lone-server.ts";

const [directory, control, trouble] = process.argv.slice(2) as [string, string, string];

const { host } = await openLoneServer(directory);
for (const number of [1, 2, 3]) {
  for (const part of ["a", "b"]) {
    await host.propose(Buffer.from(`${number}/${part}`));
    process.stdout.write(`${number}/${part}\n`);
  }
  if (number === 3) new DiskTrouble(control).arm(JSON.parse(trouble) as Trouble);
  await host.takeSnapshot();
}
process.stdout.write("all taken\n");
process.kill(process.pid, "SIGKILL");
