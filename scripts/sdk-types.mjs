// The types of the SDK, for programs that import it. Everything that it exports says its type, so declarations can be
// written file by file, and only of the files that they lead to: no schema is among them.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";

const sources = [
  "src/sdk/index.ts",
  "src/sdk/fetch-transport.ts",
  "src/api/sdk.ts",
  "src/api/shapes.ts",
  "src/api/http/client-shapes.ts",
  "src/base/instant.ts",
];

/** In place of the doors of rooms, which lead to more than there is here. */
const doors = new Map([
  [
    "api/index.d.ts",
    'export * from "./sdk.js";\nexport type { StreamFrame } from "./http/client-shapes.js";\nexport type * as Shapes from "./shapes.js";\n',
  ],
  ["base/index.d.ts", 'export * from "./instant.js";\n'],
]);

const flags =
  "--ignoreConfig --noResolve --noCheck --isolatedDeclarations --declaration --emitDeclarationOnly --allowImportingTsExtensions " +
  "--verbatimModuleSyntax --target es2024 --module nodenext --moduleResolution nodenext --types node --rootDir src";

/** Declarations by their paths below a folder of their own; `sdk/index.d.ts` is the first to be read. */
export async function sdkTypes(root) {
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const out = await mkdtemp(join(tmpdir(), "sdk-types-"));
  try {
    const args = [join(typescript, "bin/tsc"), ...flags.split(" "), "--outDir", out, ...sources];
    await promisify(execFile)(process.execPath, args, { cwd: root }).catch((error) => {
      throw new Error(`Cannot declare the types of the SDK:\n${error.stdout}`);
    });
    const declared = new Map(doors);
    for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      declared.set(relative(out, path), asBuilt(await readFile(path, "utf8")));
    }
    return declared;
  } finally {
    await rm(out, { recursive: true });
  }
}

/** Imports by the names that files have once they are built. */
function asBuilt(text) {
  return text.replaceAll(/(from "\.[^"]*)\.ts"/g, '$1.js"');
}
