import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Agents, type TestAgent } from "../support/agents.ts";
import { eventually } from "../support/nomad.ts";

/** Servers of the built command whose gossip is encrypted, in real processes. */

const [old, fresh, wrong] = [7, 8, 9].map((byte) => Buffer.alloc(32, byte).toString("base64")) as [
  string,
  string,
  string,
];

const settings = (key: string | undefined, more = "") => `
enable_debug = true
log_level = "TRACE"
server { enabled = true ${key === undefined ? "" : `encrypt = "${key}"`} ${more} }`;

const joining = (address: string) => `retry_join = ["${address}"] retry_interval = "100ms"`;

const keyring = async ({ dataDirectory }: TestAgent) =>
  JSON.parse(await readFile(`${dataDirectory}/server/serf.keyring`, "utf8"));

test("servers with a key gossip with each other alone, change it while they run, and keep it to themselves", async () => {
  const agents = await Agents.begin();
  try {
    const s1 = await agents.start({ name: "s1", settings: settings(old, "bootstrap_expect = 2") });
    const s2 = await agents.start({
      name: "s2",
      settings: settings(undefined, `bootstrap_expect = 2 ${joining(s1.serf)}`),
      flags: [`-encrypt=${old}`],
    });
    await Promise.all([s1.knowsLeader(), s2.knowsLeader()]);
    assert.equal(((await stat(`${s1.dataDirectory}/server/serf.keyring`)).mode & 0o777).toString(8), "600");
    assert.match((await s1.nomad("agent-info")).stdout, /encrypted = true/);

    // Who has no key, or another one, tries again and again: neither gets in, and the log stays short.
    const triedSince = performance.now();
    const strangers = [
      await agents.start({ name: "keyless", settings: settings(undefined, joining(s1.serf)) }),
      await agents.start({ name: "wrong", settings: settings(wrong, joining(s1.serf)) }),
    ];
    const refused = [/Remote state is encrypted/i, /no installed key decrypts the message/];
    for (const [at, stranger] of strangers.entries()) {
      await stranger.says(refused[at] as RegExp);
      await stranger.says(/Join failed/, { times: 10 });
    }
    const names = (await s1.get<{ Name: string }[]>("/v1/agent/members")).map(({ Name }) => Name).sort();
    assert.deepEqual(names, ["s1.global", "s2.global"]);
    const complaints = (await s1.output()).match(/memberlist: .*(not encrypted|no installed key).*/g) ?? [];
    assert.ok(complaints.length > 0, "the server says that somebody tries");
    // A line a second of all that comes from one address, and one for the second that has begun.
    const seconds = (performance.now() - triedSince) / 1_000;
    assert.ok(complaints.length <= seconds + 1, `${complaints.length} lines in ${seconds} s`);
    for (const stranger of strangers) await stranger.kill();

    // The key is changed on all servers from one of them, with the command.
    const command = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await s2.nomad("operator", "gossip", "keyring", ...args);
      assert.equal(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
      return stdout;
    };
    const made = (await command("generate")).trim();
    assert.equal(Buffer.from(made, "base64").length, 32);
    await command("install", fresh);
    assert.match(await command("list"), /^Key +Servers\n(.{44} +2\/2\n){2}/m);
    await command("use", fresh);
    await command("remove", old);
    const listed = await command("list");
    assert.ok(listed.includes(fresh) && !listed.includes(old), listed);
    const inUse = await s2.nomad("operator", "gossip", "keyring", "remove", fresh);
    assert.equal(inUse.code, 1);
    assert.match(inUse.stderr, /2\/2 nodes reported failure: s\d\.global: removing the primary key is not allowed/);
    // What was answered is on disk: a server that dies now comes back with it.
    for (const server of [s1, s2]) assert.deepEqual(await keyring(server), [fresh], server.name);

    // After a restart the kept key counts, not the configured one.
    await s2.kill();
    s2.restart();
    await s2.sees({ "s1.global": "alive" });
    await s1.sees({ "s2.global": "alive" });
    assert.match(await s2.output(), /keyring exists but another key is configured, using keyring/);
    assert.deepEqual(await keyring(s2), [fresh]);

    // T20: a key is in the keyring and the configuration of its server, and nowhere else.
    const printsFigures = async () => {
      // There are none before ten seconds by the clock are full, and who asks earlier is told nothing.
      s1.signal("SIGUSR1");
      return /\]\[[CGS]\] 'nomad\./.test(await s1.output()) || undefined;
    };
    await eventually("s1 prints figures", printsFigures, 60, 500);
    const asked = ["/v1/agent/self", "/v1/agent/members", "/v1/status/peers"];
    const told = new Map([
      ...(await Promise.all(asked.map(async (path) => [path, await (await s1.ask(path)).text()] as const))),
      ["agent-info", (await s1.nomad("agent-info")).stdout],
      ...(await Promise.all([s1, s2, ...strangers].map(async (each) => [each.name, await each.output()] as const))),
      ...(await filesBelow(s1.dataDirectory)),
    ]);
    for (const [where, text] of told) {
      for (const [at, key] of [old, fresh, wrong].entries()) {
        const isTold = text.includes(key) || text.includes(Buffer.from(key, "base64").toString("latin1"));
        assert.ok(!isTold, `key ${at} is in ${where}`);
      }
    }
    const self = await s1.get<{ config: { Server: { EncryptKey: string } } }>("/v1/agent/self");
    assert.equal(self.config.Server.EncryptKey, "<redacted>", "that there is one may be known");
  } finally {
    await agents.dispose();
  }
});

test("a server with a key that is none, or a damaged keyring, does not start, and says what to do", async () => {
  const agents = await Agents.begin();
  try {
    const bad = await agents.start({ name: "bad", settings: settings("c2VjcmV0LWtleQ==") });
    assert.equal(await bad.exitCode(), 1);
    const said = await bad.output();
    assert.match(
      said,
      /==> Invalid encryption key: it has 10 bytes, and must have 16, 24 or 32; "nomad operator gossip/,
    );
    assert.doesNotMatch(said, /c2VjcmV0/);

    const lone = await agents.start({ name: "lone", settings: settings(old, "bootstrap_expect = 1") });
    await lone.knowsLeader();
    await lone.kill();
    await writeFile(`${lone.dataDirectory}/server/serf.keyring`, `["${old.slice(2)}"]`);
    lone.restart();
    assert.equal(await lone.exitCode(), 1);
    const reason = await lone.output();
    assert.match(
      reason,
      /server setup failed: The gossip keyring ".*\/server\/serf\.keyring" is damaged: .* remove it/,
    );
    assert.ok(!reason.includes(old.slice(2)));
  } finally {
    await agents.dispose();
  }
});

/** All files but the one that is there for the keys, with what stands in them. */
async function filesBelow(directory: string): Promise<readonly (readonly [path: string, text: string])[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name !== "serf.keyring")
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => [path, await textOf(path)] as const));
}

/** Of a file that a server that runs has replaced since it was listed, nothing. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return "";
    throw error;
  }
}
