import { allAtOnce } from "../base/index.ts";
import { type Body, type Diagnostic, HCLError, type Item } from "../hcl/index.ts";
import { initializeJob, type Job } from "../model/index.ts";
import { bodyOf, type JobFileOptions, jobOf } from "./parse-job.ts";

/** What was mended may show more; who would need more rounds than this has enough to do. */
const mostRounds = 5;

/** What becomes of the item at a place: it gets another key, or is left out. */
type Mend = { readonly key: string } | "left out";

/**
 * The job of a file that `error` found wrong, as it would be without that: unknown keys are those that were meant, values that
 * cannot be read are left out. So what else is wrong can be told too. Undefined where that would be guessing: a file whose
 * text cannot be read, or whose blocks are wrong.
 */
export function mendedJob(
  error: HCLError,
  text: string,
  fileName: string,
  options: JobFileOptions = {},
): Job | undefined {
  const mends = new Map<number, Mend>();
  let found: readonly Diagnostic[] = error.diagnostics;
  try {
    const file = allAtOnce(bodyOf(text, fileName, options));
    const values = new Set(valuesOf(file));
    for (let round = 0; round < mostRounds; round++) {
      for (const { offset, meant } of found) {
        if (meant === undefined && !values.has(offset)) return undefined;
        mends.set(offset, typeof meant === "string" ? { key: meant } : "left out");
      }
      try {
        return initializeJob(allAtOnce(jobOf(mendedBody(file, mends))));
      } catch (again) {
        if (!(again instanceof HCLError) || again.diagnostics.every(({ offset }) => mends.has(offset)))
          return undefined;
        found = again.diagnostics;
      }
    }
  } catch (again) {
    if (!(again instanceof HCLError)) throw again;
  }
  return undefined;
}

/** Where values of attributes begin. */
function* valuesOf({ items }: Body): Generator<number> {
  for (const item of items) {
    if (item.kind === "attribute") yield item.value.position.offset;
    else yield* valuesOf(item.body);
  }
}

function mendedBody(body: Body, mends: ReadonlyMap<number, Mend>): Body {
  return { ...body, items: body.items.flatMap((item) => mendedItem(item, mends)) };
}

function mendedItem(item: Item, mends: ReadonlyMap<number, Mend>): readonly Item[] {
  const mend = mends.get(item.position.offset);
  if (mend === "left out" || (item.kind === "attribute" && mends.has(item.value.position.offset))) return [];
  const { key } = mend ?? item;
  return [item.kind === "attribute" ? { ...item, key } : { ...item, key, body: mendedBody(item.body, mends) }];
}
