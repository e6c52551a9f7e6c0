// Builds dist/: one small entry, and for each command one file with all it needs, loaded when it is asked for. Every file
// costs time at the start, so code that commands share is in each of them. Besides, the SDK as a module, with its types.
// Files are written only when all of them are ready, and what an earlier build left over is removed last,
// so that a failed build leaves the previous one working.
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { sdkTypes } from "./sdk-types.mjs";
import { straightImports } from "./straight-imports.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist");

const commands = await readdir(join(root, "src/cli/commands"));
const loadedLater = [
  ...commands.filter((file) => /^[a-z-]+\.ts$/.test(file)).map((file) => `commands/${file}`),
  "completion/complete.ts",
  "completion/install.ts",
  "format/formatted.ts",
  "world/save-file.ts",
  "world/transport.ts",
  "world/user-files.ts",
].map((file) => ({ name: file.replace(/\.ts$/, ""), path: `src/cli/${file}` }));

/** Programs of threads, beside the command that starts them. */
const threads = [["commands/sqlite-thread", "src/runtime/node/sqlite-thread.ts"]];

/** Leaves the imports of these files to be done at run time, from where the file is built to that imports them. */
function keepApart(files) {
  const paths = new Map(files.map(({ name, path }) => [join(root, path), `${name}.cjs`]));
  return {
    name: "keep-apart",
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        const built = kind === "dynamic-import" ? paths.get(join(resolveDir, path)) : undefined;
        // Whoever imports it is in a directory beside.
        return built === undefined ? undefined : { path: `../${built}`, external: true };
      });
    },
  };
}

const command = build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries([
    ["start/nomad", "src/cli/main.ts"],
    ...loadedLater.map(({ name, path }) => [name, path]),
    ...threads,
  ]),
  outdir: out,
  outExtension: { ".js": ".cjs" },
  write: false,
  bundle: true,
  // As modules they would start slower: to import `node:fs` asks for every name that it has, and some of them stand for much
  // that few commands need. What is required is looked at name by name.
  format: "cjs",
  supported: { "dynamic-import": false },
  define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
  platform: "node",
  target: "node24",
  minify: true,
  sourcemap: "external",
  legalComments: "none",
  plugins: [straightImports, keepApart(loadedLater)],
  logLevel: "warning",
});

const sdk = build({
  absWorkingDir: root,
  entryPoints: { "sdk/index": "src/sdk/index.ts" },
  outdir: out,
  write: false,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "es2022",
  legalComments: "none",
  plugins: [straightImports],
  logLevel: "warning",
});

const [made, types] = await Promise.all([Promise.all([command, sdk]), sdkTypes(root)]);
const outputFiles = [
  ...made.flatMap((each) => each.outputFiles),
  ...[...types].map(([path, contents]) => ({ path: join(out, "sdk/types", path), contents })),
];

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
