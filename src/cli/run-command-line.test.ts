import assert from "node:assert/strict";
import { test } from "node:test";
import { commands } from "./commands.ts";
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

test("every command but the hidden ones is listed, in order and aligned", async () => {
  const { err } = await ran("");
  const listed = [...err.matchAll(/^ {4}(\S+)( +)\S/gm)];
  const names = listed.map(([, name]) => name);
  assert.deepEqual(names, [...names].sort());
  assert.deepEqual(new Set([...names, "check"]), new Set(commands.keys()));
  assert.equal(new Set(listed.map(([, name = "", gap = ""]) => name.length + gap.length)).size, 1);
});

test("a flag before the command is refused with a hint", async () => {
  const { code, err } = await ran("-address=x status");
  assert.equal(code, 1);
  assert.match(err, /^Invalid flags before the subcommand\. If these flags are for\nthe subcommand, please put/);
  assert.match(err, /\n\nusage: nomad /);
});

test("-h after a command prints its help and fails", async () => {
  for (const [name, { load }] of commands) {
    if (["agent", "init", "operator", "version"].includes(name)) continue;
    const { help } = (await load()).command;
    assert.match(help, new RegExp(`^Usage: nomad ${name}[ \\n]`));
    const expected = { code: name === "plan" ? 255 : 1, out: `${help}\n`, err: "" };
    for (const flag of ["-h", "-help", "--help"]) assert.partialDeepStrictEqual(await ran(`${name} ${flag}`), expected);
  }
});

test("help lines fit a terminal", async () => {
  for (const { load } of commands.values()) {
    const { help } = (await load()).command;
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
