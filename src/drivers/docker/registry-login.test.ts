import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf } from "../../base/index.ts";
import { ManualClock, MemoryDisk } from "../../runtime/index.ts";
import { registryLogin } from "./registry-login.ts";

const mine = { username: "job", password: "s3cret", email: "j@example.com", server_address: "r.example.com" };
const image = { image: "r.example.com/app:1", ssl: true, auth: mine };

async function asked(file: unknown, config: object = {}) {
  const disk = new MemoryDisk(new ManualClock(instantOf(0)));
  if (file !== undefined) await disk.writeAtomically("/logins", Buffer.from(JSON.stringify(file)));
  const login = await registryLogin(disk, file === undefined ? undefined : "/logins", { ...image, ...config });
  return login === undefined ? undefined : JSON.parse(login);
}

const ofJob = { username: "job", password: "s3cret", email: "j@example.com", serveraddress: "r.example.com" };
const auth = Buffer.from("op:pass:word").toString("base64");

test("without a file the job says who it is, or nobody", async () => {
  assert.deepEqual(await asked(undefined), ofJob);
  assert.equal(await asked(undefined, { auth: undefined }), undefined);
});

test("what the operator's file says of the registry goes before the job, in either form of the file", async () => {
  const found = { username: "op", password: "pass:word", email: "", serveraddress: "https://r.example.com" };
  assert.deepEqual(await asked({ "https://r.example.com": { auth } }), found);
  assert.deepEqual(await asked({ auths: { "https://r.example.com": { auth } } }), found);
  const bare = await asked({ auths: { "r.example.com": { username: "u", password: "p", email: "e" } } });
  assert.deepEqual(bare, { username: "u", password: "p", email: "e", serveraddress: "r.example.com" });
});

test("without TLS the registry's name stands in the file as it is", async () => {
  assert.deepEqual(await asked({ "https://r.example.com": { auth } }, { ssl: false }), ofJob);
  assert.equal((await asked({ "r.example.com": { auth } }, { ssl: false })).username, "op");
});

test("a file that does not know the registry leaves it to the job", async () => {
  assert.deepEqual(await asked({ "https://other.example.com": { auth } }), ofJob);
  assert.deepEqual(await asked({ "https://r.example.com": "nonsense" }), ofJob);
});

test("a file that cannot be read is a reason not to start", async () => {
  const disk = new MemoryDisk(new ManualClock(instantOf(0)));
  await assert.rejects(registryLogin(disk, "/none", image), { name: "DriverStartError" });
  await disk.writeAtomically("/logins", Buffer.from("{"));
  await assert.rejects(registryLogin(disk, "/logins", image), /Failed to read the registry logins in "\/logins"/);
});
