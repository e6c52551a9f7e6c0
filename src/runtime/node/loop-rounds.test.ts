import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { LoopRounds } from "./loop-rounds.ts";

/** Keeps the thread busy. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("what is due runs in the order it came, but not before it was all asked for", async () => {
  const rounds = new LoopRounds();
  const ran: number[] = [];
  const last = new Promise<void>((resolve) => {
    for (const number of [1, 2, 3]) rounds.soon(() => void ran.push(number));
    rounds.soon(resolve);
  });
  assert.deepEqual(ran, []);
  await last;
  assert.deepEqual(ran, [1, 2, 3]);
});

test("what was taken back does not run, and what is due twice runs twice", async () => {
  const rounds = new LoopRounds();
  const ran: string[] = [];
  const twice = () => void ran.push("twice");
  const takeBack = rounds.soon(() => void ran.push("taken back"));
  rounds.soon(twice);
  rounds.soon(twice);
  takeBack();
  await new Promise<void>((resolve) => rounds.soon(resolve));
  assert.deepEqual(ran, ["twice", "twice"]);
});

test("short ones share a round, and a long one leaves the rest to the next", async () => {
  const rounds = new LoopRounds();
  let round = 0;
  const counting = () => {
    round++;
    next = setImmediate(counting);
  };
  let next = setImmediate(counting);
  const ranIn: number[] = [];
  await new Promise<void>((resolve) => {
    for (let short = 0; short < 3; short++) rounds.soon(() => void ranIn.push(round));
    rounds.soon(() => {
      ranIn.push(round);
      work(11);
    });
    rounds.soon(() => void ranIn.push(round));
    rounds.soon(() => {
      ranIn.push(round);
      resolve();
    });
  });
  clearImmediate(next);
  const [first = 0] = ranIn;
  assert.deepEqual(ranIn, [first, first, first, first, first + 1, first + 1]);
});

test("while many have long work to do, each who knocks is let in between two of them", async () => {
  const rounds = new LoopRounds();
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  let turns = 0;
  const busy = () => {
    turns++;
    work(10);
    if (server.listening) rounds.soon(busy);
  };
  for (let worker = 0; worker < 20; worker++) rounds.soon(busy);
  await turn();
  const before = turns;
  await once(connect(port, "127.0.0.1").resume(), "close");
  server.close();
  assert.ok(turns - before < 10, `${turns - before} turns of 10 ms until somebody was answered`);
});
