import { unreachable } from "../base/index.ts";
import { BinaryReader, BinaryWriter, MalformedBytes } from "./binary.ts";
import { entrySizeBytes, type LogEntry, type LogIndex, type Term } from "./core/log-entry.ts";
import type { Ballot, RaftMessage } from "./core/messages.ts";
import { readContent, readMark, writeContent, writeMark } from "./entry-codec.ts";

// What servers say to each other, as bytes: a version, the kind of message, its term, and the rest by kind. Numbers
// are big-endian. It is our own: nobody else's servers vote with ours.

/** Of this encoding. A server that hears another version closes the connection and says so. */
export const WIRE_VERSION = 1;

const KINDS = {
  voteRequest: 1,
  voteReply: 2,
  append: 3,
  appended: 4,
  appendRefused: 5,
  campaignNow: 6,
  installSnapshot: 7,
  snapshotStored: 8,
  confirm: 9,
  confirmed: 10,
} as const satisfies Record<RaftMessage["kind"], number>;

const BALLOTS: readonly Ballot[] = ["trial", "real", "handover"];
/** For what a message says beside its entries. */
const HEAD_ROOM = 64;
/** A kind and a term. */
const LEAST_ENTRY_BYTES = 7;

export function encodeMessage(message: RaftMessage): Buffer<ArrayBuffer> {
  const writer = new BinaryWriter(roomFor(message)).byte(WIRE_VERSION).byte(KINDS[message.kind]).whole(message.term);
  switch (message.kind) {
    case "voteRequest":
      writer.byte(BALLOTS.indexOf(message.ballot)).whole(message.lastIndex).whole(message.lastTerm);
      break;
    case "voteReply":
      writer.byte(BALLOTS.indexOf(message.ballot)).flag(message.granted);
      break;
    case "append":
      writer.whole(message.previousIndex).whole(message.previousTerm).whole(message.commit);
      writeEntries(writer, message.entries);
      break;
    case "appended":
      writer.whole(message.matched);
      break;
    case "appendRefused":
      writer.whole(message.previousIndex).whole(message.hintIndex).whole(message.hintTerm);
      break;
    case "campaignNow":
      break;
    case "installSnapshot":
      writeMark(writer, message.snapshot);
      writer.whole(message.chunk.offset).whole(message.chunk.totalBytes).text(message.chunk.checksum);
      writer.bytes(message.chunk.data);
      break;
    case "snapshotStored":
      writer.whole(message.index).whole(message.received);
      break;
    case "confirm":
    case "confirmed":
      writer.whole(message.round);
      break;
    default:
      unreachable(message);
  }
  return writer.take();
}

/** About as many bytes as the message takes, or more. */
function roomFor(message: RaftMessage): number {
  if (message.kind === "append")
    return message.entries.reduce((room, entry) => room + entrySizeBytes(entry), HEAD_ROOM);
  return HEAD_ROOM + (message.kind === "installSnapshot" ? message.chunk.data.length : 0);
}

/** Reads what `encodeMessage` wrote; the bytes of entries and chunks are parts of `bytes`. Throws `MalformedBytes`. */
export function decodeMessage(bytes: Uint8Array): RaftMessage {
  const reader = new BinaryReader(bytes);
  const version = reader.byte();
  if (version !== WIRE_VERSION) throw new MalformedBytes(`Expected version ${WIRE_VERSION}, found ${version}`);
  const kind = reader.byte();
  const message = readMessage(reader, kind, reader.whole());
  reader.end();
  return message;
}

function readMessage(reader: BinaryReader, kind: number, term: Term): RaftMessage {
  switch (kind) {
    case KINDS.voteRequest:
      return {
        kind: "voteRequest",
        term,
        ballot: readBallot(reader),
        lastIndex: reader.whole(),
        lastTerm: reader.whole(),
      };
    case KINDS.voteReply:
      return { kind: "voteReply", term, ballot: readBallot(reader), granted: reader.flag() };
    case KINDS.append: {
      const [previousIndex, previousTerm, commit] = [reader.whole(), reader.whole(), reader.whole()];
      const entries = readEntries(reader, { after: previousIndex, from: previousTerm, to: term });
      return { kind: "append", term, previousIndex, previousTerm, entries, commit };
    }
    case KINDS.appended:
      return { kind: "appended", term, matched: reader.whole() };
    case KINDS.appendRefused: {
      const [previousIndex, hintIndex, hintTerm] = [reader.whole(), reader.whole(), reader.whole()];
      return { kind: "appendRefused", term, previousIndex, hintIndex, hintTerm };
    }
    case KINDS.campaignNow:
      return { kind: "campaignNow", term };
    case KINDS.installSnapshot: {
      const snapshot = readMark(reader);
      const [offset, totalBytes, checksum] = [reader.whole(), reader.whole(), reader.text()];
      const data = reader.bytes();
      if (offset + data.length > totalBytes) throw new MalformedBytes("Expected a part of the snapshot, found more");
      return { kind: "installSnapshot", term, snapshot, chunk: { offset, totalBytes, checksum, data } };
    }
    case KINDS.snapshotStored:
      return { kind: "snapshotStored", term, index: reader.whole(), received: reader.whole() };
    case KINDS.confirm:
      return { kind: "confirm", term, round: reader.whole() };
    case KINDS.confirmed:
      return { kind: "confirmed", term, round: reader.whole() };
    default:
      throw new MalformedBytes(`Expected a kind of message, found ${kind}`);
  }
}

function readBallot(reader: BinaryReader): Ballot {
  const ballot = BALLOTS[reader.byte()];
  if (ballot === undefined) throw new MalformedBytes("Expected a kind of ballot");
  return ballot;
}

/** Entries follow each other without a gap, so only the first needs a place, and the message has that. */
function writeEntries(writer: BinaryWriter, entries: readonly LogEntry[]): void {
  writer.count(entries.length);
  for (const entry of entries) {
    writer.whole(entry.term);
    writeContent(writer, entry);
  }
}

function readEntries(
  reader: BinaryReader,
  { after, from, to }: { readonly after: LogIndex; readonly from: Term; readonly to: Term },
): readonly LogEntry[] {
  const count = reader.count();
  if (count * LEAST_ENTRY_BYTES > reader.left) throw new MalformedBytes(`Expected fewer than ${count} entries`);
  const entries: LogEntry[] = [];
  let least = from;
  for (let index = after + 1; index <= after + count; index++) {
    const term = reader.whole();
    if (term < least || term > to) throw new MalformedBytes(`Expected a term from ${least} to ${to}, found ${term}`);
    least = term;
    entries.push({ ...readContent(reader), index, term });
  }
  return entries;
}
