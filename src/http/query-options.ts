import { type Query, type QueryOptions, Refusal } from "../api/index.ts";
import { parseGoDuration } from "../base/index.ts";

const longestValue = 1_024;

type Mutable<Type> = { -readonly [Key in keyof Type]?: Type[Key] };

/** What every question to a server may say: which region and namespace it is for. */
export function writeOptions(query: Query): Mutable<QueryOptions> {
  const options: Mutable<QueryOptions> = {};
  const region = query.get("region");
  const namespace = query.get("namespace");
  if (region) options.region = region;
  if (namespace) options.namespace = namespace;
  return options;
}

/** What a read may say besides: how fresh, newer than what, and how long it may wait for that. */
export function readOptions(query: Query): Mutable<QueryOptions> {
  const options = writeOptions(query);
  const prefix = query.get("prefix");
  const index = query.get("index");
  const wait = query.get("wait");
  if (prefix) options.prefix = prefix;
  if (query.has("stale")) options.allowStale = true;
  if (index) options.minQueryIndex = indexOf(index);
  if (wait) options.maxQueryTime = waitOf(wait);
  return options;
}

/** An index beyond all that a number holds exactly waits for the largest that it does, which never comes. */
function indexOf(text: string): number {
  if (text.length > longestValue || !/^[0-9]+$/.test(text) || BigInt(text) >= 2n ** 64n) {
    throw new Refusal(400, "Invalid index");
  }
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

/** Nothing or less waits as long as the server lets it. */
function waitOf(text: string): number {
  try {
    return Math.max(0, parseGoDuration(text));
  } catch {
    // What is wrong with it is all the same: the answer has one text.
  }
  throw new Refusal(400, "Invalid wait time");
}
