/** A profile as V8 gives it; times in microseconds. */
export interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The kinds of work in a server, told by the functions on the stack: the first rule that fits any of them counts. */
const kinds: readonly (readonly [kind: string, frame: RegExp])[] = [
  ["idle", /^\(idle\)/],
  ["the system's own code", /^\(program\)/],
  ["collecting garbage", /^\(garbage collector\)/],
  ["log encoding", /encodeCommand/],
  ["plan verification", /leadership\/(verify-plan|plan-applier|plan-queue)|server\/with-placed/],
  ["scheduling", /src\/scheduler\/|server\/workers\/(scheduler-pool|in-turns)/],
  ["client answers", /endpoints\/(nodes|allocations)\.ts/],
  ["waking of blocking queries", /state\/watch\.ts|server\/blocking-query/],
  ["applying", /src\/state\/|server\/replicated-state/],
  ["log writing", /src\/raft\/|runtime\/node\/sqlite/],
  ["answers' encoding and writing", /encodeCall|encodeReply|rpc\/frame-writer|endWritableNT|writeGeneric|Writable/],
  ["questions' reading", /src\/rpc\/|api\/rpc\/|runtime\/node\/node-network|onStreamRead|node:net/],
  ["HTTP", /src\/http\/|node-http|node:_http/],
  ["evaluations: broker and workers", /server\/(workers|leadership)\//],
  ["other work of the server", /src\/server\//],
];

/** What part of the busy time went where: by kind of work, and the functions that took the most themselves. */
export function summary({ nodes, samples, timeDeltas }: Profile): string {
  const byID = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, frameText(callFrame)]));
  const kindsOf = new Map<number, string>();
  const kindOf = (id: number): string => {
    const known = kindsOf.get(id);
    if (known !== undefined) return known;
    const stack: string[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.push(frames.get(at) ?? "");
    const kind = kinds.find(([, frame]) => stack.some((text) => frame.test(text)))?.[0] ?? "all else";
    kindsOf.set(id, kind);
    return kind;
  };
  const ofKind = new Map<string, number>();
  const ofFrame = new Map<string, number>();
  let whole = 0;
  for (const [at, id] of samples.entries()) {
    const time = timeDeltas[at] ?? 0;
    whole += time;
    add(ofKind, kindOf(id), time);
    if (byID.has(id)) add(ofFrame, frames.get(id) ?? "", time);
  }
  const idle = ofKind.get("idle") ?? 0;
  ofKind.delete("idle");
  ofFrame.delete("(idle)");
  const share = (time: number) => `${((time / (whole - idle)) * 100).toFixed(1).padStart(5)} %`;
  const list = (times: ReadonlyMap<string, number>, most: number) =>
    [...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([what, time]) => `  ${share(time)}  ${what}`)
      .join("\n");
  return `busy ${((whole - idle) / 1e6).toFixed(2)} s of ${(whole / 1e6).toFixed(2)} s\n${list(ofKind, 20)}\nby itself:\n${list(ofFrame, 40)}`;
}

function frameText({ functionName, url, lineNumber }: Profile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  const file = url.replace(/^.*\/(?=src\/)/, "").replace(/^.*node_modules\//, "");
  return file === "" ? name : `${name} ${file}:${lineNumber + 1}`;
}

function add(times: Map<string, number>, key: string, time: number): void {
  times.set(key, (times.get(key) ?? 0) + time);
}
