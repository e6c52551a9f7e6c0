import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { artifactDestination } from "./destination.ts";
import { fileNameProblem, linkProblem, pathProblem } from "./safe-path.ts";

const name = fc.constantFrom("a", "b", "c", ".", "..", "");
const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((names) => names.join("/"));
const place = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));

/** Goes where the kernel would, link by link; "out" as soon as that is above the tree. Names that are no links are directories. */
function resolved(links: ReadonlyMap<string, string>, start: string): "in" | "out" | "loop" {
  const left = start.split("/");
  const at: string[] = [];
  for (let followed = 0; left.length > 0; ) {
    const step = left.shift() as string;
    if (step === "" || step === ".") continue;
    if (step === ".." && at.pop() === undefined) return "out";
    if (step === "..") continue;
    at.push(step);
    const target = links.get(at.join("/"));
    if (target === undefined) continue;
    if (++followed > 40) return "loop";
    if (target.startsWith("/")) return "out";
    at.pop();
    left.unshift(...target.split("/"));
  }
  return "in";
}

test("T32: links that are each allowed lead nowhere out, however they lead to each other", () => {
  const links = fc.array(fc.tuple(place, path), { maxLength: 8 });
  fc.assert(
    fc.property(links, place, (made, start) => {
      const tree = new Map<string, string>();
      for (const [at, target] of made) {
        // What has a link above it would be somewhere else.
        const parents = at.split("/").map((_, count, names) => names.slice(0, count).join("/"));
        if (parents.some((parent) => tree.has(parent))) continue;
        if ([...tree.keys()].some((other) => other.startsWith(`${at}/`))) continue;
        if (linkProblem(at, target) === undefined) tree.set(at, target);
      }
      assert.notEqual(resolved(tree, start), "out", JSON.stringify([...tree]));
    }),
    { numRuns: 5000 },
  );
});

test("a link goes up no further than it lies deep, and never up again", () => {
  for (const [at, target, isFine] of [
    ["a", "b", true],
    ["a", "./b/c", true],
    ["a/b", "../c", true],
    ["a/b", "..", true],
    ["a", "..", false],
    ["a/b", "../../c", false],
    ["a/b", "x/../c", false],
    ["a", "/a", false],
  ] as const) {
    assert.equal(linkProblem(at, target) === undefined, isFine, `${at} -> ${target}`);
  }
});

test("paths and names that lead elsewhere, or that no file system takes, have a problem", () => {
  for (const bad of ["/a", "a/../b", "..", "a\0b", "x".repeat(256)]) assert.notEqual(pathProblem(bad), undefined, bad);
  for (const good of ["a", "a/b", "./a", "..a/b..", "a//b"]) assert.equal(pathProblem(good), undefined, good);
  for (const bad of ["", ".", "..", "a/b", "\0"]) assert.notEqual(fileNameProblem(bad), undefined, bad);
});

test("T31: a destination is below the task's directory or the shared one, or refused", () => {
  const directories = { task: "/base/id/web", shared: "/base/id/alloc" };
  fc.assert(
    fc.property(fc.constantFrom("", "/", "/base/id/web/", "/base/id/alloc/", "/base/id/"), path, (start, rest) => {
      try {
        const { base, directory } = artifactDestination(start + rest, "any", directories);
        assert.ok(base === directories.task || base === directories.shared);
        assert.equal(directory.split("/").includes(".."), false);
        assert.equal(directory.startsWith("/"), false);
      } catch (error) {
        assert.equal((error as Error).message, "destination escapes task's directory");
      }
    }),
    { numRuns: 2000 },
  );
});
