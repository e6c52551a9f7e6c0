import type { Verb } from "../api/index.ts";

/** What stands behind a path for some verbs. */
export interface Entry<Handler> {
  readonly verbs: readonly Verb[] | "any";
  readonly path: string;
  readonly handler: Handler;
}

export type Match<Handler> =
  | { readonly kind: "found"; readonly handler: Handler; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: "wrong verb" }
  /** Below a path that is served, but nothing that is; `text` says what is missing. */
  | { readonly kind: "missing"; readonly text: string }
  | { readonly kind: "moved"; readonly path: string }
  | { readonly kind: "unknown" };

/** Paths with a name in braces that begin alike; `/allocations` and the empty suffix, say. */
interface Below<Handler> {
  readonly prefix: string;
  readonly name: string;
  /** Longest first, so that the empty one comes last. */
  readonly suffixes: { readonly suffix: string; readonly entries: Entry<Handler>[] }[];
}

/**
 * Finds what stands behind a path. What is in braces may contain slashes: it is all that is between the beginning and
 * the longest known end. So a job may be called `cron/periodic-1`, and one that ends in `/plan` cannot be read.
 */
export class Router<Handler> {
  readonly #exact = new Map<string, Entry<Handler>[]>();
  readonly #below: Below<Handler>[] = [];
  readonly #missing: ReadonlyMap<string, string>;

  /** `missing` are beginnings of paths with what to say when nothing is found below them. */
  constructor(entries: readonly Entry<Handler>[], missing: ReadonlyMap<string, string>) {
    this.#missing = missing;
    for (const entry of entries) this.#add(entry);
    for (const { suffixes } of this.#below) suffixes.sort((a, b) => b.suffix.length - a.suffix.length);
    this.#below.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  match(verb: string, path: string): Match<Handler> {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return chosen(exact, verb, {});
    for (const { prefix, name, suffixes } of this.#below) {
      if (!path.startsWith(prefix)) continue;
      const rest = path.slice(prefix.length);
      const end = suffixes.find(({ suffix }) => rest.endsWith(suffix));
      if (end !== undefined) {
        return chosen(end.entries, verb, { [name]: rest.slice(0, rest.length - end.suffix.length) });
      }
    }
    for (const [prefix, text] of this.#missing) if (path.startsWith(prefix)) return { kind: "missing", text };
    if (this.#below.some(({ prefix }) => prefix === `${path}/`)) return { kind: "moved", path: `${path}/` };
    return { kind: "unknown" };
  }

  #add(entry: Entry<Handler>): void {
    const parts = /^(.*)\{(.*)\}(.*)$/.exec(entry.path);
    if (parts === null) {
      this.#exact.set(entry.path, [...(this.#exact.get(entry.path) ?? []), entry]);
      return;
    }
    const [, prefix = "", name = "", suffix = ""] = parts;
    const { suffixes } = this.#belowOf(prefix, name);
    const known = suffixes.find((each) => each.suffix === suffix);
    if (known === undefined) suffixes.push({ suffix, entries: [entry] });
    else known.entries.push(entry);
  }

  #belowOf(prefix: string, name: string): Below<Handler> {
    const known = this.#below.find((each) => each.prefix === prefix);
    if (known !== undefined) return known;
    const below = { prefix, name, suffixes: [] };
    this.#below.push(below);
    return below;
  }
}

function chosen<Handler>(
  entries: readonly Entry<Handler>[],
  verb: string,
  values: Readonly<Record<string, string>>,
): Match<Handler> {
  const entry = entries.find(({ verbs }) => verbs === "any" || verbs.some((each) => each === verb));
  return entry === undefined ? { kind: "wrong verb" } : { kind: "found", handler: entry.handler, values };
}
