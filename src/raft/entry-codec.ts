import { type BinaryReader, type BinaryWriter, MalformedBytes } from "./binary.ts";
import type { EntryContent } from "./core/log-entry.ts";
import type { Member } from "./core/membership.ts";
import type { SnapshotMark } from "./core/snapshot.ts";

/** These numbers are on the wire and on disk for ever. */
const KINDS = { command: 0, barrier: 1, members: 2, restorePart: 3, restoreEnd: 4 } as const;
/** Each member takes at least this much: two lengths and a flag. */
const LEAST_MEMBER_BYTES = 9;

/** Writes what an entry says. Its place is known from where it stands. */
export function writeContent(writer: BinaryWriter, content: EntryContent): void {
  writer.byte(KINDS[content.kind]);
  if (content.kind === "command" || content.kind === "restorePart") writer.bytes(content.data);
  if (content.kind === "restoreEnd") writer.whole(content.first).whole(content.bytes);
  if (content.kind === "members") writeMembers(writer, content.members);
}

/** The bytes of a command or a part are a part of what is read, not a copy. */
export function readContent(reader: BinaryReader): EntryContent {
  const kind = reader.byte();
  switch (kind) {
    case KINDS.command:
      return { kind: "command", data: reader.bytes() };
    case KINDS.barrier:
      return { kind: "barrier" };
    case KINDS.members:
      return { kind: "members", members: readMembers(reader) };
    case KINDS.restorePart:
      return { kind: "restorePart", data: reader.bytes() };
    case KINDS.restoreEnd:
      return { kind: "restoreEnd", first: reader.whole(), bytes: reader.whole() };
    default:
      throw new MalformedBytes(`Expected a kind of entry, found ${kind}`);
  }
}

export function writeMark(writer: BinaryWriter, { index, term, members, membersIndex }: SnapshotMark): void {
  writer.whole(index).whole(term).whole(membersIndex);
  writeMembers(writer, members);
}

export function readMark(reader: BinaryReader): SnapshotMark {
  const [index, term, membersIndex] = [reader.whole(), reader.whole(), reader.whole()];
  if (index === 0 || membersIndex > index) throw new MalformedBytes("Expected the place of a snapshot");
  return { index, term, membersIndex, members: readMembers(reader) };
}

function writeMembers(writer: BinaryWriter, members: readonly Member[]): void {
  writer.count(members.length);
  for (const { id, address, voter } of members) writer.text(id).text(address).flag(voter);
}

function readMembers(reader: BinaryReader): readonly Member[] {
  const count = reader.count();
  if (count * LEAST_MEMBER_BYTES > reader.left) throw new MalformedBytes(`Expected fewer than ${count} servers`);
  return Array.from({ length: count }, () => ({ id: reader.text(), address: reader.text(), voter: reader.flag() }));
}
