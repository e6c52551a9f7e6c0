import { constants, type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Heap } from "../heap.ts";

const mebibyte = 1024 * 1024;
/**
 * Room for new objects, as V8 counts it, from which on it does not grow by itself: enough for an agent with little to do. It
 * doubles each time, to 16 MiB in the end, of which a part may be missing whenever somebody looks.
 */
const usualRoomBytes = 12 * mebibyte;
/** Of what V8 calls its limit, the part for objects that have lived a while; the rest is for new ones. */
const shareOfOld = 64 / 67;

/** The heap of this process: objects that have survived their first moments, for those are what it dies of. */
export class NodeHeap implements Heap {
  readonly limitBytes = limitAskedFor() ?? getHeapStatistics().heap_size_limit * shareOfOld;
  /** Room grows as V8 sees fit at first, is held once it is usual, and is free to grow again when much is expected. */
  #room: "growing" | "held" | "free" = "growing";

  onCollected(tell: (keptBytes: number) => void): () => void {
    const observer = new PerformanceObserver((list) => {
      if (this.#room === "growing") this.#holdUsualRoom();
      for (const entry of list.getEntries()) if (isOfAll(entry)) tell(keptBytes());
    });
    observer.observe({ entryTypes: ["gc"] });
    return () => observer.disconnect();
  }

  collect(): void {
    // V8 shows how to ask for it to a context that is made after the flag was set; ours never has it.
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as (how: { type: "major"; execution: "async" }) => Promise<void>;
    setFlagsFromString("--no-expose-gc");
    void collect({ type: "major", execution: "async" });
  }

  expectMuch(): void {
    this.#room = "free";
    growNewSpaceBy(2);
    // Else all is collected whenever buffers have grown by 64 MiB, however little of it is garbage.
    setFlagsFromString("--external-memory-accounted-in-global-limit");
  }

  #holdUsualRoom(): void {
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    if (space === undefined || space.space_size < usualRoomBytes) return;
    this.#room = "held";
    growNewSpaceBy(1);
  }
}

/** V8 looks at it whenever much of what is new has survived. */
function growNewSpaceBy(factor: 1 | 2): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function isOfAll(entry: PerformanceEntry & { readonly detail?: unknown }): boolean {
  return (entry.detail as NodeGCPerformanceDetail).kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}

function keptBytes(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => !space_name.startsWith("new_"));
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

/** What `--max-old-space-size` says, on the command line or in `NODE_OPTIONS`; the last one counts. */
function limitAskedFor(): number | undefined {
  const options = [process.env.NODE_OPTIONS ?? "", ...process.execArgv].join(" ");
  const asked = [...options.matchAll(/--max[-_]old[-_]space[-_]size[= ](\d+)/g)].at(-1)?.[1];
  return asked === undefined || Number(asked) === 0 ? undefined : Number(asked) * mebibyte;
}
