import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Every page for people: those of docs/, and those beside it. */
const root = fileURLToPath(new URL("..", import.meta.url));
const below = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`);
const pages = new Map(
  ["README.md", "CHANGELOG.md", ...below("docs")].map((path) => [path, readFileSync(join(root, path), "utf8")]),
);

const withoutCode = (text: string) => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").replaceAll(/`[^`\n]*`/g, "");

function linksIn(text: string): string[] {
  const targets = [...withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target!);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The names under which headings can be linked to, as GitHub makes them. */
function anchorsIn(text: string): Set<string> {
  const headings = text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/^#{1,6} +(.+)$/gm);
  const anchors = new Set<string>();
  for (const [, heading] of headings) {
    const plain = heading!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "");
    const name = plain.replaceAll(" ", "-");
    let free = name;
    for (let again = 1; anchors.has(free); again++) free = `${name}-${again}`;
    anchors.add(free);
  }
  return anchors;
}

test("every link on a page leads to a file that there is, and to a heading in it", () => {
  const broken: string[] = [];
  let followed = 0;
  for (const [page, text] of pages) {
    for (const link of linksIn(text)) {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      const found = pages.get(target);
      followed += 1;
      if (found === undefined && !existsSync(join(root, target))) broken.push(`${page}: ${link}`);
      if (anchor !== undefined && found !== undefined && !anchorsIn(found).has(anchor)) broken.push(`${page}: ${link}`);
    }
  }
  assert.ok(followed > 100, "links are found on the pages");
  assert.deepEqual(broken, []);
});

test("the table of contents of docs/ leads to every page", () => {
  const contents = new Set(linksIn(pages.get("docs/README.md")!).map((link) => `docs/${link}`));
  const missing = [...pages.keys()].filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  assert.deepEqual(
    missing.filter((page) => !contents.has(page)),
    [],
  );
});

test("each test that the page on security names for a threat is there, and bears the threat's number", () => {
  const rows = [...pages.get("docs/security.md")!.matchAll(/^\| (T\d+) \|.*\| (.+) \|$/gm)];
  assert.ok(rows.length > 20, `${rows.length} rows`);
  const wrong: string[] = [];
  for (const [, number, tests] of rows) {
    for (const [, path] of tests!.matchAll(/`([^`]+\.test\.ts)`/g)) {
      const file = join(root, path!);
      const bears = existsSync(file) && new RegExp(`\\b${number}\\b`).test(readFileSync(file, "utf8"));
      if (!bears) wrong.push(`${number}: ${path}`);
    }
  }
  assert.deepEqual(wrong, []);
});
