import { MalformedBytes } from "../../../src/raft/binary.ts";
import { voter } from "../../../src/raft/core/core-cluster.ts";
import type { RaftMessage } from "../../../src/raft/core/messages.ts";
import { FrameCutter, framed } from "../../../src/raft/frames.ts";
import { decodeIntroduction, encodeIntroduction, MAX_INTRODUCTION_BYTES } from "../../../src/raft/handshake.ts";
import { decodeMessage, encodeMessage } from "../../../src/raft/wire.ts";
import type { Target } from "../target.ts";

const messages: readonly RaftMessage[] = [
  { kind: "voteRequest", ballot: "real", term: 2, lastIndex: 3, lastTerm: 1 },
  { kind: "voteReply", ballot: "trial", term: 2, granted: true },
  {
    kind: "append",
    term: 2,
    previousIndex: 7,
    previousTerm: 1,
    commit: 6,
    entries: [
      { kind: "command", data: Buffer.from("x"), index: 8, term: 1 },
      { kind: "members", members: [voter("a"), voter("b")], index: 9, term: 2 },
      { kind: "restorePart", data: Buffer.from("s"), index: 10, term: 2 },
      { kind: "restoreEnd", first: 10, bytes: 1, index: 11, term: 2 },
    ],
  },
  { kind: "appendRefused", term: 1, previousIndex: 3, hintIndex: 2, hintTerm: 1 },
  {
    kind: "installSnapshot",
    term: 2,
    snapshot: { index: 4, term: 1, membersIndex: 1, members: [voter("a")] },
    chunk: { offset: 1, totalBytes: 3, checksum: "c", data: Buffer.from("x") },
  },
  { kind: "confirm", term: 1, round: 2 },
];
const introduction = encodeIntroduction({ from: "10.0.0.1:4647", address: "10.0.0.1:4647", to: "10.0.0.2:4647" });

/** A connection to Raft: an introduction in a frame, and messages in frames. */
export const raftFrames: Target = {
  name: "raft frames",
  samples: messages.map((message) => Buffer.concat([...framed(introduction), ...framed(encodeMessage(message))])),
  refusals: [MalformedBytes],
  feed(input, random) {
    const [first] = new FrameCutter(MAX_INTRODUCTION_BYTES).push(input);
    if (first === undefined) return;
    decodeIntroduction(first);
    const rest = input.subarray(first.length + 4);
    const cutter = new FrameCutter();
    const cut = random.below(rest.length + 1);
    for (const piece of [rest.subarray(0, cut), rest.subarray(cut)]) {
      for (const message of cutter.push(piece)) decodeMessage(message);
    }
  },
};

/** Messages without what is around them, so that more of them are read. */
export const raftMessages: Target = {
  name: "raft messages",
  samples: messages.map((message) => encodeMessage(message)),
  refusals: [MalformedBytes],
  feed(input) {
    const message = decodeMessage(input);
    decodeMessage(encodeMessage(message));
  },
};
