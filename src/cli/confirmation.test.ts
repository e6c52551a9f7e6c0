import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "./testing/console.ts";
import { jobStub } from "./testing/samples.ts";

const agent = {
  "GET /v1/jobs": { json: [jobStub("shop")] },
  "DELETE /v1/job/shop": { json: { EvalID: "" } },
};
const question = 'Are you sure you want to stop job "shop"? [y/N] ';

async function answering(input: string) {
  const { code, out, err, asked } = await ran("stop sho", { agent, input });
  return { code, out: out.replace(question, ""), err, stopped: asked.some(({ method }) => method === "DELETE") };
}

test("only an exact y is a yes", async () => {
  assert.deepEqual(await answering("y\n"), { code: 0, out: "", err: "", stopped: true });
  assert.deepEqual(await answering("y"), { code: 0, out: "", err: "", stopped: true });
  const almost = { code: 0, out: "For confirmation, an exact ‘y’ is required.\n", err: "", stopped: false };
  for (const input of ["yes\n", "Yes\n", "yy\n"]) assert.deepEqual(await answering(input), almost);
  const none = "No confirmation detected. For confirmation, an exact 'y' is required.\n";
  for (const input of ["Y\n", "maybe\n"]) {
    assert.deepEqual(await answering(input), { code: 1, out: none, err: "", stopped: false });
  }
});

test("nothing, and what begins with n, is a no", async () => {
  const no = { code: 0, out: "Cancelling job stop\n", err: "", stopped: false };
  for (const input of ["\n", "\r\n", "n\n", "No\n", "never\n"]) assert.deepEqual(await answering(input), no);
});

test("an input that ends without an answer changes nothing", async () => {
  assert.deepEqual(await answering(""), { code: 1, out: "", err: "Failed to parse answer: EOF\n", stopped: false });
});

test("the whole ID, and -yes, need no confirmation", async () => {
  assert.equal((await ran("stop shop", { agent })).out, "");
  assert.equal((await ran("stop -yes sho", { agent })).out, "");
});
