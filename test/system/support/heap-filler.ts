// Loaded into agents before their own code (NODE_OPTIONS=--import=…): keeps as many MiB on the heap as the file says that
// HEAP_FILLER names. Small objects, for those are what an agent keeps.
import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** In milliseconds. */
const LOOK_EVERY = 50;
/** Each takes four words, and one in its list. */
const OBJECTS_IN_ONE_MIB = (1024 * 1024) / 40;

if (isMainThread && process.env.HEAP_FILLER !== undefined) {
  const file = process.env.HEAP_FILLER;
  const kept: object[][] = [];
  setInterval(() => {
    const said = readFileSync(file, "utf8");
    // It is being written.
    if (said === "") return;
    // A little at a time, as an agent grows.
    if (kept.length < Number(said)) kept.push(Array.from({ length: OBJECTS_IN_ONE_MIB }, (_, number) => ({ number })));
    else kept.length = Number(said);
  }, LOOK_EVERY).unref();
}
