import assert from "node:assert/strict";
import { test } from "node:test";
import { entries, resolved, subcommands } from "./commands.ts";
import { ran } from "./testing/console.ts";

test("the version is printed wherever it is asked for", async () => {
  for (const line of ["version", "-v", "--version", "status -version", "version -h", "no-such -v"]) {
    assert.partialDeepStrictEqual(await ran(line), { code: 0, out: "Nomad v0.4.1\n", err: "" }, line);
  }
});

test("without a known command the commands are listed on standard error", async () => {
  for (const line of ["", "-h", "-help", "--help", "help", "no-such-command", "constructor"]) {
    const { code, out, err } = await ran(line);
    assert.equal(code, 1);
    assert.equal(out, "");
    assert.match(err, /^usage: nomad \[--version\] \[--help\] <command> \[<args>\]\n\nAvailable commands are:\n/);
    assert.match(err, /\n {4}version {15}\S.*\n\n$/, line);
  }
});

test("every name of one word but the hidden ones is listed, in order and aligned", async () => {
  const { err } = await ran("");
  const listed = [...err.matchAll(/^ {4}(\S+)( +)\S/gm)];
  const names = listed.map(([, name]) => name);
  assert.deepEqual(names, [...names].sort());
  const words = [...entries.keys()].filter((name) => !name.includes(" "));
  assert.deepEqual(new Set([...names, "check"]), new Set(words));
  assert.equal(new Set(listed.map(([, name = "", gap = ""]) => name.length + gap.length)).size, 1);
});

test("every name is in a group, in order, and leads to a command", () => {
  const names = [...entries.keys()];
  for (const [name, entry] of entries) {
    const group = name.split(" ").slice(0, -1).join(" ");
    if (group !== "") assert.equal(entries.get(group)?.kind, "group", name);
    if (entry.kind === "alias") assert.equal(entries.get(entry.of)?.kind, "command", name);
    if (entry.kind === "group") assert.ok(subcommands(name).length > 0, name);
    const siblings = subcommands(group).map(([word]) => word);
    assert.deepEqual(siblings, [...siblings].sort(), group);
  }
  assert.equal(new Set(names).size, names.length);
});

test("a command has the names of both times, and says in its help by which it was called", async () => {
  const agent = { "GET /v1/jobs": { json: [] } };
  assert.deepEqual((await ran("job status", { agent })).out, (await ran("status", { agent })).out);
  assert.match((await ran("job status -h")).out, /^Usage: nomad job status \[options\] <job>\n/);
  assert.match((await ran("node drain")).err, /^Usage: nomad node drain \[options\] <node>\n/);
  assert.match((await ran("job init x")).err, /^Usage: nomad job init\n/);
});

test("a group without a known word shows what is in it, and fails unless that was asked for", async () => {
  for (const line of ["job", "job nonsense", "operator raft", "system reconcile"]) {
    const { code, out, err } = await ran(line);
    assert.deepEqual({ code, out }, { code: 1, out: "" }, line);
    const group = line.replace(" nonsense", "");
    assert.match(
      err,
      new RegExp(`^Usage: nomad ${group} <subcommand> \\[options\\]\n[\\s\\S]*\nSubcommands:\n {4}\\S`),
    );
  }
  const { code, out, err } = await ran("job periodic -h");
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  assert.match(out, /\n {4}force {4}Launch a periodic job now\n$/);
});

test("a flag before the command is refused with a hint", async () => {
  const { code, err } = await ran("-address=x status");
  assert.equal(code, 1);
  assert.match(err, /^Invalid flags before the subcommand\. If these flags are for\nthe subcommand, please put/);
  assert.match(err, /\n\nusage: nomad /);
});

test("-h after a command prints its help: a failure by its name of 0.4.1, and none by one of 1.x", async () => {
  for (const name of entries.keys()) {
    const entry = resolved(name);
    if (entry?.kind !== "command" || ["agent", "init", "job init", "version"].includes(name)) continue;
    const help = (await entry.load()).command.help(name);
    assert.match(help, new RegExp(`^Usage: nomad ${name}[ \\n]`));
    const code = name.includes(" ") ? 0 : name === "plan" ? 255 : 1;
    const expected = { code, out: `${help}\n`, err: "" };
    for (const flag of ["-h", "-help", "--help"]) assert.partialDeepStrictEqual(await ran(`${name} ${flag}`), expected);
  }
});

test("help lines fit a terminal", async () => {
  for (const name of entries.keys()) {
    const entry = resolved(name);
    const help = entry?.kind === "command" ? (await entry.load()).command.help(name) : (await ran(`${name} -h`)).out;
    for (const line of help.split("\n")) assert.ok(line.length <= 100, line);
  }
});

test("an unknown flag is named, and the help shown", async () => {
  const { code, out, err } = await ran("status -bogus");
  assert.equal(code, 1);
  assert.equal(err, "flag provided but not defined: -bogus\n");
  assert.match(out, /^Usage: nomad status /);
  assert.equal((await ran("plan -bogus")).code, 255);
});

test("the wrong number of arguments shows the help on standard error", async () => {
  const lines = ["status a b", "stop", "run", "inspect", "validate", "node-status a b", "server-join", "agent-info x"];
  for (const line of lines) {
    const { code, out, err } = await ran(line);
    assert.deepEqual({ code, out }, { code: 1, out: "" }, line);
    assert.match(err, /^Usage: nomad /, line);
  }
  assert.equal((await ran("plan")).code, 255);
  assert.match((await ran("init -h")).err, /^Usage: nomad init\n/);
});

test("flags count only before the first argument", async () => {
  const { code, err } = await ran("status web -short");
  assert.equal(code, 1);
  assert.match(err, /^Usage: nomad status /);
});
