/**
 * The plan of the house as data (docs/architecture.md §2 and §3), and the rules that a reader's eye cannot see
 * slip: which room may import which, that imports stop at a room's door, that files form no circle, and that time,
 * chance and the world come in by the runtime. Pure: `arrows.test.ts` reads the files.
 */

import { codeOf, type Import, importsOf } from "./arrows-source.ts";

/** What each room may import from, besides itself and `base`. A new arrow is one line here, seen in review. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  base: [],
  runtime: [],
  wire: [],
  hcl: [],
  model: ["wire"],
  raft: ["runtime", "wire"],
  gossip: ["runtime", "wire"],
  rpc: ["runtime", "wire"],
  consul: ["runtime", "model"],
  api: ["wire", "model"],
  jobspec: ["hcl", "model"],
  acl: ["hcl", "model"],
  state: ["wire", "model"],
  drivers: ["runtime", "wire", "model"],
  scheduler: ["model", "state"],
  client: ["runtime", "wire", "model", "rpc", "consul", "api", "acl", "drivers"],
  http: ["runtime", "wire", "model", "rpc", "api", "acl", "jobspec"],
  server: ["runtime", "wire", "model", "raft", "gossip", "rpc", "api", "acl", "state", "scheduler"],
  agent: ["runtime", "wire", "hcl", "model", "rpc", "consul", "api", "drivers", "server", "client", "http"],
  sdk: ["api"],
  cli: ["model", "api", "jobspec", "state", "agent"],
  sim: ["runtime", "model", "api", "state", "drivers", "server", "client", "agent"],
};

/** The real world stands behind a second door. Besides tests, only these may open it. */
const worldDoor = "runtime/node/index.ts";
const mayOpenWorldDoor: readonly string[] = ["agent/", "cli/main.ts", "cli/world/"];

/** Files that are the world, or have the duty to meet it. */
const world: readonly string[] = [
  "runtime/node/",
  "sim/",
  "cli/main.ts",
  "cli/world/",
  "sdk/fetch-transport.ts",
  "arrows.test.ts",
  "pages.test.ts",
];

/** What Node offers that is only computation, so that any room may use it. */
const pureModules: readonly string[] = ["node:path", "node:path/posix", "node:util", "node:zlib"];
const pureNames: Readonly<Record<string, readonly string[]>> = {
  "node:crypto": ["createCipheriv", "createDecipheriv", "createHash", "createHmac", "timingSafeEqual"],
  "node:events": ["getEventListeners"],
};
/** What tests may import from Node besides. */
const testModules: readonly string[] = ["node:test", "node:assert", "node:assert/strict"];

const ambient: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { pattern: /\bDate\.now\b/, name: "Date.now" },
  { pattern: /\bnew Date\(\s*\)/, name: "new Date()" },
  { pattern: /\bMath\.random\b/, name: "Math.random" },
  { pattern: /(?<![.\w])performance\./, name: "performance" },
  { pattern: /(?<![.\w])(?:globalThis\.)?crypto\./, name: "crypto" },
  { pattern: /(?<![.\w])(?:globalThis\.)?(?:setTimeout|setInterval|setImmediate)\b/, name: "timers" },
  { pattern: /\bAbortSignal\.timeout\b/, name: "AbortSignal.timeout" },
  { pattern: /(?<![.\w])(?:globalThis\.)?process\s*\./, name: "process" },
  { pattern: /(?<![.\w])(?:globalThis\.)?fetch\s*\(/, name: "fetch" },
  { pattern: /(?<![.\w])console\./, name: "console" },
];

/** A file of ours; `path` is relative to `src/`, for instance `state/view.ts`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Every broken rule of the house, one readable line each; empty when all is well. */
export function brokenRules(files: readonly SourceFile[]): readonly string[] {
  const read = files.map((file) => ({ path: file.path, code: codeOf(file.text), imports: importsOf(file.text) }));
  return [
    ...read.flatMap(({ path, imports }) => imports.flatMap((each) => brokenArrow(path, each))),
    ...read.flatMap(({ path, code }) => ambientUses(path, code)),
    ...circles(new Map(read.map(({ path, imports }) => [path, valueImports(path, imports)]))),
  ];
}

function brokenArrow(path: string, { specifier, names }: Import): readonly string[] {
  if (specifier.startsWith("node:")) return brokenNodeImport(path, specifier, names);
  if (!specifier.startsWith(".")) return [];
  const target = resolved(path, specifier);
  const [from, to] = [roomOf(path), roomOf(target)];
  if (target === worldDoor) return mayEnterWorld(path) ? [] : [`${path}: may not open ${worldDoor}`];
  if (from === to) {
    return target === `${to}/index.ts` && !isTest(path) ? [`${path}: goes out by its own door ${target}`] : [];
  }
  if (from === "") return [`${path}: stands above the rooms and imports none, but imports ${target}`];
  if (!mayImport(path, from, to)) return [`${path}: no arrow from ${from} to ${to || "the top"} (${target})`];
  return target === `${to}/index.ts` ? [] : [`${path}: goes past the door of ${to} (${target})`];
}

function mayImport(path: string, from: string, to: string): boolean {
  if (to === "base") return true;
  if (isTest(path) && to === "sim") return true;
  return rooms[from]?.includes(to) ?? false;
}

function mayEnterWorld(path: string): boolean {
  return isTest(path) || path.startsWith("runtime/node/") || mayOpenWorldDoor.some((start) => path.startsWith(start));
}

function brokenNodeImport(path: string, specifier: string, names: readonly string[]): readonly string[] {
  if (isWorld(path) || pureModules.includes(specifier)) return [];
  if (isTest(path) && testModules.includes(specifier)) return [];
  const pure = pureNames[specifier];
  if (pure !== undefined && names.length > 0 && names.every((name) => pure.includes(name))) return [];
  return [`${path}: imports ${specifier}, which belongs behind runtime/node`];
}

function ambientUses(path: string, code: string): readonly string[] {
  if (isWorld(path)) return [];
  return ambient.filter(({ pattern }) => pattern.test(code)).map(({ name }) => `${path}: ambient ${name}`);
}

function isWorld(path: string): boolean {
  return world.some((start) => path.startsWith(start));
}

function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

/** The folder below `src/`; empty for a file that stands above the rooms. */
function roomOf(path: string): string {
  const slash = path.indexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

function resolved(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

function valueImports(path: string, imports: readonly Import[]): readonly string[] {
  return imports
    .filter(({ specifier, typeOnly }) => !typeOnly && specifier.startsWith("."))
    .map(({ specifier }) => resolved(path, specifier));
}

/** Each circle once, as the files in their order. Types are no circle: nothing of them is left at run time. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push(`circle: ${[...trail.slice(start), path].join(" -> ")}`);
    if (start >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
