import assert from "node:assert/strict";
import { test } from "node:test";
import { knownKeys } from "../../hcl/index.ts";
import { NodeDisk } from "../../runtime/node/index.ts";
import { parseSettings } from "./parse-settings.ts";

const path = new URL("../../../docs/agent-configuration.md", import.meta.url).pathname;
const page = new TextDecoder().decode(await new NodeDisk().read(path));

const knownIn = (blocks: readonly string[]) =>
  knownKeys(
    (text) => parseSettings(text, "probe.hcl"),
    blocks,
    (name) => `${name} {`,
  );

/** All keys by the block they stand in: `server`, `server default_scheduler_config`, and nothing for the top level. */
function keysByBlock(blocks: readonly string[] = []): Map<string, string[]> {
  const keys = knownIn(blocks);
  if (keys === undefined) return new Map();
  const inner = keys.flatMap((key) => [...keysByBlock([...blocks, key])]);
  return new Map([[blocks.join(" "), keys], ...inner]);
}

/** The part of the page that describes a block: below the heading that names it, or the block around it. */
function sectionOf(block: string): string {
  const [outermost = ""] = block.split(" ");
  const parts = page.split(/^### /m).slice(1);
  const named = parts.find((part) => {
    const heading = part.slice(0, part.indexOf("\n"));
    return outermost === "" ? heading === "Top level" : heading.split(", ").includes(outermost);
  });
  return named ?? parts.find((part) => part.startsWith("Top level"))!;
}

/** Whether a text names a key as code; `circonus_…` stands for all that begin so. */
function names(text: string, key: string): boolean {
  const words = [...text.matchAll(/[a-z][a-z0-9_]*…?/g)].map(([word]) => word);
  return words.some((word) => word === key || (word.endsWith("_…") && key.startsWith(word.slice(0, -1))));
}

const codeOf = (text: string) => [...text.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([code]) => code).join("\n");

test("every key that the parser knows is on the page, in the section of its block", () => {
  const known = keysByBlock();
  assert.ok(known.size > 8, `blocks are found: ${[...known.keys()].join(", ")}`);
  const missing = [...known].flatMap(([block, keys]) => {
    const code = block === "" ? codeOf(page) : codeOf(sectionOf(block));
    return keys
      .filter((key) => !names(code, key) && !sectionHeads().includes(key))
      .map((key) => `${block || "top level"}: ${key}`);
  });
  assert.deepEqual(missing, []);
});

test("every key in a table of the page is one that the parser knows in that block", () => {
  const known = keysByBlock();
  const strange = [...known].flatMap(([block, keys]) => {
    const heading = block === "" ? "Top level" : block;
    const section = page.split(/^### /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
    const [, table = ""] = /^\| key \|.*\n((?:\|.*\n)+)/m.exec(section) ?? [];
    const cells = table.split("\n").map((row) => row.split("|")[1] ?? "");
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([a-z0-9_]+)`/g)].map(([, key]) => key!));
    return named.filter((key) => !keys.includes(key)).map((key) => `${heading}: ${key}`);
  });
  assert.deepEqual(strange, []);
});

/** Blocks of which the page has a section: the heading names them. */
function sectionHeads(): string[] {
  return [...page.matchAll(/^### (.+)$/gm)].flatMap(([, heading]) => heading!.split(", "));
}
