import { registerHooks } from "node:module";

/** In the one file of `src` that `file` names, `from`, which stands there once, reads `to`. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The variable of the environment that bears a mistake, as a list of edits in JSON. */
export const MISTAKE = "NOMAD_TEST_MISTAKE";

/**
 * Loaded before a program (`node --import plant.ts program.ts`), makes it, its threads and the processes that it starts run
 * with a mistake. One that no longer fits the source ends the program: a test of it would show nothing.
 */
const planted = process.env[MISTAKE];
if (planted !== undefined) plant(JSON.parse(planted) as readonly Edit[]);

function plant(edits: readonly Edit[]): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const here = edits.filter(({ file }) => url.endsWith(`/src/${file}`));
      if (here.length === 0) return loaded;
      return { ...loaded, source: here.reduce(edited, String(loaded.source)) };
    },
  });
}

function edited(source: string, { file, from, to }: Edit): string {
  if (source.split(from).length !== 2) throw new Error(`"${from}" does not stand once in ${file}`);
  return source.replace(from, () => to);
}
