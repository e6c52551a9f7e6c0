import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brokenRules, circles, rooms } from "./arrows.ts";
import { codeOf, importsOf } from "./arrows-source.ts";

const source = fileURLToPath(new URL(".", import.meta.url));

function ourFiles() {
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => `${entry.parentPath}${sep}${entry.name}`)
    .map((path) => ({ path: relative(source, path).replaceAll(sep, "/"), text: readFileSync(path, "utf8") }));
}

const broken = (path: string, text: string) => brokenRules([{ path, text }]);

test("every import follows an arrow, files form no circle, and the world comes in by the runtime", () => {
  const files = ourFiles();
  assert.ok(files.length > 1);
  assert.deepEqual(brokenRules(files), []);
});

test("the table itself has no circle", () => {
  assert.deepEqual(circles(new Map(Object.entries(rooms))), []);
});

test("an import against the arrows is found, also of a type", () => {
  const found = ["state/view.ts: no arrow from state to server (server/index.ts)"];
  assert.deepEqual(broken("state/view.ts", `import { Server } from "../server/index.ts";`), found);
  assert.deepEqual(broken("state/view.ts", `import type { Server } from "../server/index.ts";`), found);
  assert.deepEqual(broken("state/view.ts", `export * from "../server/index.ts";`), found);
  assert.deepEqual(broken("state/view.ts", `const later = await import("../server/index.ts");`), found);
  assert.deepEqual(broken("state/view.ts", `import "../server/index.ts";`), found);
  assert.deepEqual(broken("state/view.ts", `import {\n  a,\n  type B,\n} from "../server/index.ts";`), found);
});

test("arrows of the table, and those within a room, are free", () => {
  assert.deepEqual(broken("state/tables/jobs.ts", `import { job } from "../../model/index.ts";`), []);
  assert.deepEqual(broken("state/tables/jobs.ts", `import { table } from "../table.ts";`), []);
  assert.deepEqual(broken("hcl/lexer.ts", `import { assert } from "../base/index.ts";`), []);
});

test("an import past a door is found", () => {
  assert.deepEqual(broken("state/view.ts", `import { job } from "../model/job.ts";`), [
    "state/view.ts: goes past the door of model (model/job.ts)",
  ]);
  assert.deepEqual(broken("state/view.ts", `import { row } from "./index.ts";`), [
    "state/view.ts: goes out by its own door state/index.ts",
  ]);
});

test("only the agent, the command's entry and tests open the door to the real world", () => {
  const text = `import { nodeRuntime } from "../runtime/node/index.ts";`;
  assert.deepEqual(broken("agent/agent.ts", text), []);
  assert.deepEqual(broken("cli/main.ts", text), []);
  assert.deepEqual(broken("server/server.test.ts", text), []);
  assert.deepEqual(broken("server/server.ts", text), ["server/server.ts: may not open runtime/node/index.ts"]);
});

test("ambient time, chance and world are found", () => {
  const cases: [string, string][] = [
    ["const t = Date.now();", "Date.now"],
    ["const t = new Date();", "new Date()"],
    ["const r = Math.random();", "Math.random"],
    ["const id = crypto.randomUUID();", "crypto"],
    ["const id = globalThis.crypto.randomUUID();", "crypto"],
    ["setTimeout(wake, 10);", "timers"],
    ["await new Promise(setImmediate);", "timers"],
    ["const p = process.env.PATH;", "process"],
    ["const signal = AbortSignal.timeout(5);", "AbortSignal.timeout"],
    [`const text = \`\${Date.now()}\`;`, "Date.now"],
    [`const text = \`\${\`\${{ a: Math.random() }.a}\`}\`;`, "Math.random"],
    ["const ratio = a / Date.now() / b;", "Date.now"],
    ["await fetch(url);", "fetch"],
    ["console.log(1);", "console"],
  ];
  for (const [text, name] of cases) {
    assert.deepEqual(broken("server/a.ts", text), [`server/a.ts: ambient ${name}`], text);
    assert.deepEqual(broken("sim/a.ts", text), [], text);
    assert.deepEqual(broken("runtime/node/a.ts", text), [], text);
  }
});

test("what only looks ambient is left alone", () => {
  const harmless = [
    "const t = new Date(0);",
    "// Date.now() is forbidden",
    "/* Math.random */",
    `const s = "setTimeout('x')";`,
    "const s = `Math.random`;",
    `const p = /["'\`]Date.now/;`,
    "const s = runtime.processes.environment;",
    "this.process.exited;",
    "const process = 1; f(process);",
  ];
  for (const text of harmless) assert.deepEqual(broken("server/a.ts", text), [], text);
});

test("Node's modules stay behind the runtime, save what only computes", () => {
  assert.deepEqual(broken("client/a.ts", `import { readFile } from "node:fs/promises";`), [
    "client/a.ts: imports node:fs/promises, which belongs behind runtime/node",
  ]);
  assert.deepEqual(broken("client/a.ts", `import { randomBytes } from "node:crypto";`), [
    "client/a.ts: imports node:crypto, which belongs behind runtime/node",
  ]);
  assert.deepEqual(broken("client/a.ts", `import { createHash } from "node:crypto";`), []);
  assert.deepEqual(broken("client/a.ts", `const { createHash: hashed } = await import("node:crypto");`), []);
  for (const text of [
    `const { createHash, randomInt } = await import("node:crypto");`,
    `await import("node:crypto");`,
  ]) {
    assert.deepEqual(broken("client/a.ts", text), [
      "client/a.ts: imports node:crypto, which belongs behind runtime/node",
    ]);
  }
  assert.deepEqual(broken("client/a.ts", `import { posix } from "node:path";`), []);
  assert.deepEqual(broken("client/a.test.ts", `import { test } from "node:test";`), []);
  assert.deepEqual(broken("client/a.ts", `import { test } from "node:test";`), [
    "client/a.ts: imports node:test, which belongs behind runtime/node",
  ]);
});

test("a circle of values is found once, one of types is none", () => {
  const files = (importing: string) => [
    { path: "hcl/a.ts", text: `${importing} { b } from "./b.ts";` },
    { path: "hcl/b.ts", text: `${importing} { c } from "./c.ts";` },
    { path: "hcl/c.ts", text: `${importing} { a } from "./a.ts";` },
  ];
  assert.deepEqual(brokenRules(files("import")), ["circle: hcl/a.ts -> hcl/b.ts -> hcl/c.ts -> hcl/a.ts"]);
  assert.deepEqual(brokenRules(files("import type")), []);
});

test("an import is read with its names and whether it is only of types", () => {
  assert.deepEqual(importsOf(`import { type A, type B as C } from "./a.ts";`), [
    { specifier: "./a.ts", typeOnly: true, names: ["A", "B"] },
  ]);
  assert.deepEqual(importsOf(`import { type A, b } from "./a.ts";`), [
    { specifier: "./a.ts", typeOnly: false, names: ["A", "b"] },
  ]);
  assert.deepEqual(importsOf(`// import { a } from "./a.ts";\nconst s = "import './b.ts'";`), []);
});

test("code is what is left without comments, strings and patterns", () => {
  assert.equal(codeOf(`f("a") // b`).replaceAll(" ", ""), `f("")`);
  assert.equal(codeOf("x = a / b / c"), "x = a / b / c");
  assert.equal(codeOf("x = /a[/]b/.test(c)"), `x = "".test(c)`);
});

test("installed packages are not part of the tree, not even as a link: to check that out takes away the real ones", {
  skip: existsSync(new URL("../.git", import.meta.url)) ? false : "not a checkout of git",
}, () => {
  const tracked = execFileSync("git", ["ls-files", "node_modules"], { cwd: source, encoding: "utf8" });
  assert.equal(tracked, "", "run: git rm --cached node_modules");
});
