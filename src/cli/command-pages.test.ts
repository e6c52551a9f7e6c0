import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeDisk } from "../runtime/node/index.ts";
import type { Command } from "./command.ts";
import { type CommandEntry, entries, namedBy } from "./commands.ts";

/** The pages of docs/commands hold an entry for each command, and the index what all have in common. */
const disk = new NodeDisk();
const docs = new URL("../../docs/", import.meta.url).pathname;
const textOf = async (path: string) => new TextDecoder().decode(await disk.read(path));

/** The part of a page below `## name`. */
interface Section {
  readonly name: string;
  readonly page: string;
  readonly text: string;
}

const index = await textOf(`${docs}commands.md`);
const pages = new Map<string, string>();
for (const { name } of await disk.list(`${docs}commands`)) pages.set(name, await textOf(`${docs}commands/${name}`));
const sections = [...pages].flatMap(([page, text]) => sectionsIn(page, text));

const commands = new Map<string, Command>();
for (const [name, entry] of entries) if (entry.kind === "command") commands.set(name, await loaded(entry));
const asking = [...commands.values()].filter(({ flags }) => "address" in flags);
const general = Object.keys(asking[0]!.flags).filter((flag) => asking.every(({ flags }) => flag in flags));
/** Of `nomad` itself and of every command. */
const everywhere = ["h", "help", "v", "version", "autocomplete-install", "autocomplete-uninstall"];

function sectionsIn(page: string, text: string): Section[] {
  const [, ...parts] = text.split(/^## /m);
  return parts.map((part) => ({ name: part.slice(0, part.indexOf("\n")), page, text: part }));
}

async function loaded(entry: CommandEntry): Promise<Command> {
  return (await entry.load()).command;
}

const aliasesOf = (command: string) =>
  [...entries].filter(([, entry]) => entry.kind === "alias" && entry.of === command).map(([name]) => name);

/** What stands between backticks, outside of blocks. */
function codeIn(text: string): string[] {
  return [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

function flagsIn(code: string): string[] {
  const words = code.replaceAll(/'[^']*'|"[^"]*"|<[^>]*>/g, "");
  return [...words.matchAll(/(?<![\w.:/=-])--?([A-Za-z][\w-]*)/g)].map(([, flag]) => flag!);
}

/** What stands after `nomad`, wherever a page has somebody type it. */
function typedIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:text|sh)\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block!.split("\n"));
  const lines = [...blocks.map((line) => line.replace(/^\$ /, "").replace(/^(?:[A-Z_]+=\S* )*/, "")), ...codeIn(text)];
  return lines
    .filter((line) => line.startsWith("nomad "))
    .map((line) => line.slice("nomad ".length).split(/ [|&>] /)[0]!);
}

test("each command has one entry, and each entry is of a command", () => {
  assert.deepEqual(sections.map(({ name }) => name).sort(), [...commands.keys()].sort());
});

test("an entry is on the page of its group, and the index leads there", () => {
  for (const { name, page } of sections) {
    const [group] = [name, ...aliasesOf(name)].find((each) => each.includes(" "))?.split(" ") ?? [];
    if (group !== undefined)
      assert.ok(page.startsWith(group), `"${name}" belongs to the page of "${group}", not ${page}`);
    assert.ok(
      index.includes(`(commands/${page}#${name.replaceAll(" ", "-")})`),
      `the index does not lead to "${name}"`,
    );
  }
});

test("an entry names its command's other names, its exit codes, and shows it once", () => {
  for (const { name, text } of sections) {
    for (const alias of aliasesOf(name))
      assert.ok(text.includes(`\`nomad ${alias}\``), `${name}: lacks "nomad ${alias}"`);
    assert.match(text, /[Ee]xit code/, `${name}: says nothing of exit codes`);
    assert.ok(text.includes(`$ nomad ${name}`), `${name}: shows no example`);
  }
});

test("an entry names every flag of its command, and the index those that commands have in common", () => {
  for (const flag of general) assert.ok(codeIn(index).flatMap(flagsIn).includes(flag), `the index lacks -${flag}`);
  const lacking = sections.flatMap(({ name, page, text }) => {
    const named = new Set(codeIn(text).flatMap(flagsIn));
    const own = Object.keys(commands.get(name)!.flags).filter(
      (flag) => !general.includes(flag) || !("address" in commands.get(name)!.flags),
    );
    return own.filter((flag) => !named.has(flag)).map((flag) => `${page}: "${name}" lacks -${flag}`);
  });
  assert.deepEqual(lacking, []);
});

test("an entry names no flag that its command does not have", () => {
  const strange = sections.flatMap(({ name, page, text }) =>
    codeIn(text)
      .filter((code) => code.startsWith("-"))
      .flatMap(flagsIn)
      .filter((flag) => !(flag in commands.get(name)!.flags) && !everywhere.includes(flag))
      .map((flag) => `${page}: "${name}" has no -${flag}`),
  );
  assert.deepEqual(strange, []);
});

test("what any page has somebody type is a command that there is, with flags that it has", async () => {
  const all = [...pages, ["commands.md", index] as const];
  for (const { name } of await disk.list(docs)) {
    if (name.endsWith(".md")) all.push([name, await textOf(`${docs}${name}`)]);
  }
  all.push(["README.md", await textOf(`${docs}../README.md`)]);
  let typed = 0;
  for (const [page, text] of all) {
    for (const line of typedIn(text)) {
      const words = line.split(" ");
      typed += 1;
      const named = words[0]!.startsWith("-") || words[0]!.startsWith("[") ? undefined : namedBy(words);
      if (named === undefined) {
        assert.match(line, /^\[?--?(?:autocomplete-|v|version|h|help)|^<command>/, `${page}: "nomad ${line}"`);
        continue;
      }
      if (named.entry.kind === "group") continue;
      const { flags } = await loaded(named.entry);
      const strange = flagsIn(named.rest.join(" ")).filter((flag) => !(flag in flags) && !everywhere.includes(flag));
      assert.deepEqual(strange, [], `${page}: "nomad ${line}"`);
    }
  }
  assert.ok(typed > 100, "commands are found on the pages");
});
