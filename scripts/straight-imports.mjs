import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";

// A room is entered by its door, `index.ts`. The bundler shares code between commands file by file, and for it who
// opens a door has need of the whole room. So, while building, each name is imported from the file that defines it.

/** An esbuild plugin that goes past the doors. Line numbers stay what they were. */
export const straightImports = {
  name: "straight-imports",
  setup(build) {
    const doors = new Map();
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: await straightened(source, dirname(path), doors), loader: "ts" };
    });
  },
};

/** `import { a, type B } from "../room/index.ts";`, or the same with `export`. */
const throughDoor = /^(import|export) \{([^}]*)\} from "(\.[^"]*\/index\.ts)";$/gm;
/** What a door says: `export { a, type B, c as d } from "./file.ts";` */
const listed = /^export (type )?\{([^}]*)\} from "(\.[^"]+)";$/gm;

async function straightened(source, directory, doors) {
  let result = "";
  let position = 0;
  for (const found of source.matchAll(throughDoor)) {
    const [statement, keyword, names, door] = found;
    const origins = await originsBehind(resolve(directory, door), doors);
    const straight = valuesIn(names).map(({ name, as }) => {
      const origin = origins.get(name);
      if (origin === undefined) throw new Error(`${door} does not list "${name}" as a name of one file`);
      return `${keyword} { ${origin.name} as ${as} } from ${JSON.stringify(origin.file)};`;
    });
    const lineBreaks = "\n".repeat(statement.split("\n").length - 1);
    result += source.slice(position, found.index) + straight.join(" ") + lineBreaks;
    position = found.index + statement.length;
  }
  return result + source.slice(position);
}

/** For each value that a door offers, the file that defines it and its name there. */
function originsBehind(door, doors) {
  if (!doors.has(door)) doors.set(door, readDoor(door, doors));
  return doors.get(door);
}

async function readDoor(door, doors) {
  const origins = new Map();
  for (const [, types, names, from] of (await readFile(door, "utf8")).matchAll(listed)) {
    const file = resolve(dirname(door), from);
    const behind = basename(file) === "index.ts" ? await originsBehind(file, doors) : undefined;
    for (const { name, as } of types === undefined ? valuesIn(names) : []) {
      origins.set(as, behind?.get(name) ?? { file, name });
    }
  }
  return origins;
}

function valuesIn(names) {
  const parts = names.split(",").map((part) => part.trim());
  return parts
    .filter((part) => part !== "" && !part.startsWith("type "))
    .map((part) => part.split(/\s+as\s+/))
    .map(([name, as = name]) => ({ name, as }));
}
