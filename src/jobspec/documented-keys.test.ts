import assert from "node:assert/strict";
import { test } from "node:test";
import { knownKeys } from "../hcl/index.ts";
import { NodeDisk } from "../runtime/node/index.ts";
import { parseBareJob } from "./parse-job.ts";

const path = new URL("../../docs/job-files.md", import.meta.url).pathname;
const page = new TextDecoder().decode(await new NodeDisk().read(path));

const knownIn = (blocks: readonly string[]) =>
  knownKeys(
    (text) => parseBareJob(text, "probe.nomad"),
    blocks,
    (name) => `${name} "x" {`,
  );

/** The keys of each kind of block, wherever it stands. */
function keysByBlock(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const look = (blocks: readonly string[]): void => {
    const keys = knownIn(blocks);
    if (keys === undefined) return;
    const name = blocks.at(-1)!;
    found.set(name, new Set([...(found.get(name) ?? []), ...keys]));
    for (const key of keys) look([...blocks, key]);
  };
  look(["job"]);
  return found;
}

/** Where the page describes a block that has no heading of its own. */
const describedIn: Readonly<Record<string, string>> = { network: "resources", port: "resources", target: "spread" };

function sectionOf(block: string): string {
  const wanted = describedIn[block] ?? block;
  return page.split(/^## /m).find((part) => part.slice(0, part.indexOf("\n")).split(" ").includes(wanted)) ?? "";
}

const known = keysByBlock();

test("every key that the parser knows is on the page, in the section of its block", () => {
  assert.ok(known.size > 12, `blocks are found: ${[...known.keys()].join(", ")}`);
  const missing = [...known].flatMap(([block, keys]) => {
    const code = [...sectionOf(block).matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].flatMap(
      ([each]) => each.match(/\w+/g) ?? [],
    );
    return [...keys].filter((key) => !code.includes(key)).map((key) => `${block}: ${key}`);
  });
  assert.deepEqual(missing, []);
});

test("every key in a table of the page is one that the parser knows in that block", () => {
  let tables = 0;
  const strange = [...known].flatMap(([block, keys]) => {
    const head = new RegExp(`^\\| (?:key|\`${block}\` key) \\|.*\\n((?:\\|.*\\n)+)`, "m");
    const [, table] = head.exec(sectionOf(block)) ?? [];
    if (table === undefined || block in describedIn) return [];
    tables += 1;
    const cells = table.split("\n").map((row) => row.split("|")[1] ?? "");
    const named = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, key]) => key!));
    return named.filter((key) => !keys.has(key)).map((key) => `${block}: ${key}`);
  });
  assert.ok(tables > 8, `${tables} tables are found`);
  assert.deepEqual(strange, []);
});
