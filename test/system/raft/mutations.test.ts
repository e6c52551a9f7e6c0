import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Storm, Weather } from "../../../src/raft/core/storm.ts";

// What holds Raft to its promises is itself held to one here: each of these mistakes, made on purpose in a copy of the
// core, must be caught: by the storm, or where a very special course of events is needed, by the transcript that shows it.

const source = fileURLToPath(new URL("../../../src", import.meta.url));
/** A mistake that goes unseen for so many storms counts as not caught. */
const MOST_STORMS = 250;
const TRANSCRIPTS = ["election", "log-tail", "membership", "reads", "replication", "snapshot"];

interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly seenBy?: "transcripts";
}

const mutations: Readonly<Record<string, Mutation>> = {
  "a server votes twice in a term": {
    file: "raft.ts",
    from: "const isFree = this.#votedFor === undefined || this.#votedFor === from;",
    to: "const isFree = true;",
  },
  "a vote is given before it is on disk": {
    file: "raft.ts",
    from: "this.#out.replyOncePersisted(from, reply);",
    to: "this.#out.reply(from, reply);",
  },
  "a vote goes to a server whose log lacks something": {
    file: "election.ts",
    from: "if (candidate.lastTerm !== log.lastTerm) return candidate.lastTerm > log.lastTerm;\n  return candidate.lastIndex >= log.lastIndex;",
    to: "return candidate.lastTerm >= 0;",
  },
  "an entry is acknowledged before it is on disk": {
    file: "raft.ts",
    from: 'this.#out.replyOncePersisted(from, { kind: "appended", term, matched: through });',
    to: 'this.#out.reply(from, { kind: "appended", term, matched: through });',
  },
  "a leader counts its own entries before they are on disk": {
    file: "raft.ts",
    from: "replication.durableOnMajority(this.#membership.voters, this.#durability.through)",
    to: "replication.durableOnMajority(this.#membership.voters, this.#log.lastIndex)",
  },
  "an entry of an older term is committed by count": {
    file: "raft.ts",
    from: "if (reached > this.#commit && this.#log.termAt(reached) === this.#term)",
    to: "if (reached > this.#commit)",
    seenBy: "transcripts",
  },
  "one server fewer makes a majority": {
    file: "quorum.ts",
    from: "return Math.floor(voters / 2) + 1;",
    to: "return Math.max(1, Math.floor(voters / 2));",
  },
  "entries are applied twice": {
    file: "raft.ts",
    from: "this.#out.apply.push(...this.#log.between(this.#commit + 1, index));",
    to: "this.#out.apply.push(...this.#log.between(Math.max(this.#commit, 1 + this.#log.base.index), index));",
  },
  "a follower does not compare the logs before it appends": {
    file: "log-tail.ts",
    from: "return index < this.#base.index || this.termAt(index) === term;",
    to: "return index < this.#base.index || this.termAt(index) !== undefined;",
  },
  "a follower commits what the leader has, not what it shares with it": {
    file: "raft.ts",
    from: "this.#commitThrough(Math.min(commit, through));",
    to: "this.#commitThrough(Math.min(commit, this.#log.lastIndex));",
  },
  "two changes of the servers at a time": {
    file: "raft.ts",
    from: 'if (this.#membership.index > this.#commit) return { reason: "changePending" };',
    to: "",
    seenBy: "transcripts",
  },
  "several servers come or go at once": {
    file: "membership.ts",
    from: "return distinct && votersAfter.size > 0 && gained + lost <= 1;",
    to: "return distinct && votersAfter.size > 0;",
  },
  "a read does not wait for a majority": {
    file: "reads.ts",
    from: "const proven = reachedByMajority(rounds);",
    to: "const proven = Math.max(...rounds);",
  },
  "a read is proven by answers from before it": {
    file: "reads.ts",
    from: "this.#round++;",
    to: "this.#round = 1;",
    seenBy: "transcripts",
  },
  "a late question of an earlier term proves a read of a later one": {
    file: "raft.ts",
    from: "round: term === this.#term ? round : 0 }",
    to: "round }",
    seenBy: "transcripts",
  },
  "a new leader reads before it knows what is committed": {
    file: "raft.ts",
    from: "reads.ask(read, Math.max(this.#commit, firstIndex));",
    to: "reads.ask(read, this.#commit);",
  },
  "a snapshot takes its place in the log without what it holds": {
    file: "raft.ts",
    from: "this.#out.restore = snapshot;",
    to: "",
  },
  "a snapshot cuts the log where nothing is committed yet": {
    file: "raft.ts",
    from: "const cut = this.#log.cutBefore(index, trailing);",
    to: "const cut = this.#log.cutBefore(this.#log.lastIndex, trailing);",
  },
  "a snapshot is acknowledged at its last entry whatever the log holds there": {
    file: "raft.ts",
    from: "if (this.#log.termAt(snapshot.index) === snapshot.term) this.#commitThrough(snapshot.index);",
    to: "if (this.#log.lastIndex >= snapshot.index) this.#commitThrough(snapshot.index);",
    seenBy: "transcripts",
  },
  "a truncated configuration stays in force": {
    file: "raft.ts",
    from: "this.#membership.truncated(from);",
    to: "",
  },
  "a sync speaks for entries that replaced those it wrote": {
    file: "raft.ts",
    from: "this.#durability.truncated(from);",
    to: "",
  },
  "a vote is forgotten at a restart": {
    file: "raft.ts",
    from: "this.#votedFor = restored.ballot.votedFor;",
    to: "this.#votedFor = undefined;",
    seenBy: "transcripts",
  },
  "a leader that hears nobody leads on": {
    file: "raft.ts",
    from: "if (isSilent) this.#loseQuorum();",
    to: "",
    seenBy: "transcripts",
  },
  "a server that was cut off raises its term": {
    file: "raft.ts",
    from: 'this.#campaign("trial");',
    to: 'this.#campaign("real");',
    seenBy: "transcripts",
  },
};

for (const [what, mutation] of Object.entries(mutations)) {
  test(`it is seen when ${what}`, { timeout: 120_000 }, async () => {
    await withMutatedCore(mutation, async (core) => {
      if (mutation.seenBy === "transcripts") assert.equal(await transcriptsPass(core), false, "no transcript shows it");
      else assert.notEqual(await firstFailure(core), undefined, `not caught by ${MOST_STORMS} storms`);
    });
  });
}

test("without a mistake nothing is seen", { timeout: 120_000 }, async () => {
  const nothing = { file: "quorum.ts", from: "Math.floor", to: "Math.floor" };
  await withMutatedCore(nothing, async (core) => {
    assert.equal(await firstFailure(core), undefined);
    assert.equal(await transcriptsPass(core), true);
  });
});

/** Gives `judge` the directory of a copy of the core in which `from` reads `to`. */
async function withMutatedCore({ file, from, to }: Mutation, judge: (core: string) => Promise<void>): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), "raft-mutation-"));
  try {
    for (const part of ["base", "raft/core"]) await cp(join(source, part), join(copy, part), { recursive: true });
    await writeFile(join(copy, "package.json"), '{ "type": "module" }');
    const core = join(copy, "raft/core");
    const path = join(core, file);
    const text = await readFile(path, "utf8");
    assert.equal(text.split(from).length, 2, `"${from}" stands once in ${file}`);
    await writeFile(
      path,
      text.replace(from, () => to),
    );
    await judge(core);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** The first storm in which a promise is broken; undefined if none is. */
async function firstFailure(core: string): Promise<number | undefined> {
  const { Storm: MutatedStorm } = (await import(pathToFileURL(join(core, "storm.ts")).href)) as { Storm: typeof Storm };
  for (let number = 0; number < MOST_STORMS; number++) {
    try {
      new MutatedStorm(weatherOf(number)).run();
    } catch {
      return number;
    }
  }
  return undefined;
}

function transcriptsPass(core: string): Promise<boolean> {
  const files = TRANSCRIPTS.map((name) => join(core, `${name}.test.ts`));
  return new Promise((resolve) => {
    const args = ["--test", "--test-isolation=none", ...files];
    // A runner that is told of another around it speaks to that one instead of to us.
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    execFile(process.execPath, args, { timeout: 60_000, killSignal: "SIGKILL", env }, (error) =>
      resolve(error === null),
    );
  });
}

/** Weathers of every kind, the same each time: each kind of trouble is absent from some and strong in others. */
function weatherOf(number: number): Weather {
  const upTo = (most: number, step: number) => (number % 3 === step % 3 ? 0 : (number * step) % most);
  return {
    seed: `mutation ${number}`,
    size: 1 + ((number * 2) % 5),
    lost: upTo(300, 37),
    doubled: upTo(100, 13),
    crashes: upTo(20, 7),
    cuts: upTo(20, 11),
    slowSyncs: upTo(900, 53),
    slowMessages: upTo(900, 71),
    memberChanges: upTo(30, 17),
    handovers: upTo(20, 5),
    snapshots: upTo(60, 11),
    reads: upTo(100, 19),
    pauses: upTo(40, 23),
  };
}
