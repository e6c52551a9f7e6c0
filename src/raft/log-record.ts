import { crc32 } from "node:zlib";
import { BinaryReader, BinaryWriter, MalformedBytes } from "./binary.ts";
import type { CastBallot } from "./core/effects.ts";
import { entrySizeBytes, type LogEntry, type LogIndex } from "./core/log-entry.ts";
import type { ServerID } from "./core/membership.ts";
import type { LogPlace } from "./core/snapshot.ts";
import { readContent, writeContent } from "./entry-codec.ts";

/** Of these records. */
const VERSION = 1;
const CHECKSUM_BYTES = 4;
/** For all that stands beside what an entry says. */
const RECORD_ROOM = 64;
/** Entries have their index for a place, from 1 on; what is no entry has others. */
const [HEAD_PLACE, IDENTITY_PLACE] = [0, -1];

/** What stands beside the entries: the vote, and where the log begins and ends, so that a lost part of it is missed. */
export interface LogHead {
  readonly ballot: CastBallot;
  readonly base: LogPlace;
  readonly last: LogPlace;
}

/** An entry as it is kept: a checksum of all that follows and of its place, a version, its term, what it says. */
export function encodeEntry(entry: LogEntry): Uint8Array {
  const writer = begun(entrySizeBytes(entry)).whole(entry.term);
  writeContent(writer, entry);
  return sealed(entry.index, writer);
}

/** The bytes of a command are a part of `record`. Throws `MalformedBytes` for anything but what was written there. */
export function decodeEntry(index: LogIndex, record: Uint8Array): LogEntry {
  const reader = unsealed(index, record);
  const term = reader.whole();
  const content = readContent(reader);
  reader.end();
  return { ...content, index, term };
}

export function encodeHead({ ballot, base, last }: LogHead): Uint8Array {
  const writer = begun()
    .whole(ballot.term)
    .flag(ballot.votedFor !== undefined);
  if (ballot.votedFor !== undefined) writer.text(ballot.votedFor);
  writer.whole(base.index).whole(base.term).whole(last.index).whole(last.term);
  return sealed(HEAD_PLACE, writer);
}

export function decodeHead(record: Uint8Array): LogHead {
  const reader = unsealed(HEAD_PLACE, record);
  const term = reader.whole();
  const ballot = reader.flag() ? { term, votedFor: reader.text() } : { term };
  const base = { index: reader.whole(), term: reader.whole() };
  const last = { index: reader.whole(), term: reader.whole() };
  reader.end();
  return { ballot, base, last };
}

/** Whose log it is. */
export function encodeIdentity(id: ServerID): Uint8Array {
  return sealed(IDENTITY_PLACE, begun().text(id));
}

export function decodeIdentity(record: Uint8Array): ServerID {
  const reader = unsealed(IDENTITY_PLACE, record);
  const id = reader.text();
  reader.end();
  return id;
}

/** A record with room for a checksum, and for `contentBytes` of what is in it. */
function begun(contentBytes = 0): BinaryWriter {
  return new BinaryWriter(RECORD_ROOM + contentBytes).count(0).byte(VERSION);
}

function sealed(place: number, writer: BinaryWriter): Uint8Array {
  const record = writer.take();
  record.writeUInt32BE(checksumOf(place, record.subarray(CHECKSUM_BYTES)));
  return record;
}

function unsealed(place: number, record: Uint8Array): BinaryReader {
  const reader = new BinaryReader(record);
  const expected = reader.count();
  const found = checksumOf(place, record.subarray(CHECKSUM_BYTES));
  if (found !== expected) throw new MalformedBytes(`expected checksum ${hex(expected)}, found ${hex(found)}`);
  const version = reader.byte();
  if (version !== VERSION) throw new MalformedBytes(`expected version ${VERSION}, found ${version}`);
  return reader;
}

/** The place goes in, so that a record under another's key is seen. */
function checksumOf(place: number, content: Uint8Array): number {
  return (crc32(content) ^ Math.imul(place, 0x9e3779b1)) >>> 0;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
