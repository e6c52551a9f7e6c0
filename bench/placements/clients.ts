/**
 * The process of the simulated nodes, which also registers the jobs. It is told what to do by messages of its parent,
 * and answers each with one.
 */
import { Agent, request } from "node:http";
import { Fleet } from "./fleet.ts";
import type { FromClients, ToClients } from "./messages.ts";
import { submission } from "./works.ts";

const writersAtOnce = 32;
const writers = new Agent({ keepAlive: true, maxSockets: writersAtOnce });
let fleet: Fleet | undefined;
let told = () => {};

process.on("message", async (message: ToClients) => {
  if (message.kind === "begin") {
    fleet = new Fleet(message.address, message.nodes, message.behaviour, () => told());
    await fleet.begin();
    say({ kind: "ready" });
  } else if (fleet !== undefined) say(await place(fleet, message));
});
process.on("disconnect", () => process.exit());

async function place(fleet: Fleet, { work, prefix, httpPort, patience }: ToClients & { readonly kind: "place" }) {
  const before = { seen: fleet.seen, answers: fleet.answers };
  const wanted = work.jobs * work.count;
  const bodies = Array.from({ length: work.jobs }, (_, number) =>
    JSON.stringify({ Job: submission(`${prefix}-${number}`, work) }),
  );
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  let last = began;
  const timeline: number[] = [];
  const watching = setInterval(() => timeline.push(fleet.seen - before.seen), 1000);
  const allSeen = new Promise<void>((resolve) => {
    const late = setTimeout(resolve, patience * 1000);
    told = () => {
      last = performance.now();
      if (fleet.seen - before.seen < wanted) return;
      clearTimeout(late);
      resolve();
    };
  });
  let next = 0;
  const write = async () => {
    while (next < bodies.length) await register(httpPort, bodies[next++] as string);
  };
  await Promise.all(Array.from({ length: writersAtOnce }, write));
  const registered = performance.now();
  await allSeen;
  told = () => {};
  clearInterval(watching);
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    kind: "placed",
    wanted,
    seen: fleet.seen - before.seen,
    seconds: (last - began) / 1000,
    registeredAfter: (registered - began) / 1000,
    answers: fleet.answers - before.answers,
    timeline,
    ownCpuMs: (user + system) / 1000,
    errors: fleet.errors,
    firstError: fleet.firstError,
  } as const;
}

function register(port: number, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, host: "127.0.0.1", method: "PUT", path: "/v1/jobs", agent: writers },
      async (answer) => {
        const text = (await answer.setEncoding("utf8").toArray()).join("");
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`A job was refused: ${text}`));
      },
    );
    asked.on("error", reject);
    asked.end(body);
  });
}

function say(message: FromClients): void {
  process.send?.(message);
}
