// Builds dist/: one small entry, and a chunk for each command that is loaded when it is asked for.
// Files are written only when all of them are ready, and what an earlier build left over is removed last,
// so that a failed build leaves the previous one working.
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist");

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { nomad: "src/cli/main.ts" },
  outdir: out,
  write: false,
  bundle: true,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node24",
  minify: true,
  sourcemap: "external",
  legalComments: "none",
  // Libraries written for `require` find it by this name in the modules we build from them.
  banner: { js: 'import{createRequire as $madeForLibraries}from"node:module";const require=$madeForLibraries(import.meta.url);' },
  logLevel: "warning",
});

for (const { path, contents } of outputFiles) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, contents);
}
for (const { path } of outputFiles) await rename(`${path}.new`, path);

const built = new Set(outputFiles.map(({ path }) => relative(out, path)));
for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (entry.isFile() && !built.has(relative(out, path))) await rm(path);
}
