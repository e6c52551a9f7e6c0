import type { Command, CommandContext, LoggedCommand } from "./command.ts";
import { commandNumbered } from "./commands.ts";
import { commonRowKinds, knownRowKinds } from "./kept-allocations.ts";
import { MOST_OWN_KINDS } from "./known-records.ts";
import { RecordReader } from "./record-reader.ts";
import { RecordWriter } from "./record-writer.ts";

/** Commands as bytes: `[number, time of the proposer, request]`, packed. */
const writer = new RecordWriter({ known: knownRowKinds, common: commonRowKinds, mostOwn: MOST_OWN_KINDS });
const reader = new RecordReader(knownRowKinds, commonRowKinds);

/** The log holds an entry that this program cannot read: written by a newer one, or damaged. The server must stop. */
export class UnreadableEntry extends Error {
  override readonly name = "UnreadableEntry";
}

/** What an entry of the log says. */
export interface DecodedCommand {
  readonly command: LoggedCommand;
  readonly request: never;
  readonly context: CommandContext;
}

/** An entry of the log in the making. */
export interface WrittenCommand {
  readonly data: Uint8Array;
  /** What `decodeCommand` makes of `data`, where it need not be read for that. */
  readonly decoded: DecodedCommand | undefined;
}

/** The log entry that asks for `request` at the proposer's time (nanoseconds since the epoch). */
export function encodeCommand<Request>(
  command: Command<Request>,
  request: Request,
  context: CommandContext,
): Uint8Array {
  return writeCommand(command, request, context).data;
}

/** The same, with what it says: a command that `isKept` need not be read by who has written it. */
export function writeCommand<Request>(
  command: Command<Request>,
  given: Request,
  { at }: CommandContext,
): WrittenCommand {
  const request = command.compact === undefined ? given : command.compact(given);
  writer.begin();
  writer.value([command.number, at, request]);
  const data = writer.take();
  const isKnown = command.isKept === true && writer.isExact;
  return { data, decoded: isKnown ? { command, request: request as never, context: { at } } : undefined };
}

/** Reads what `encodeCommand` wrote. Throws `UnreadableEntry`. */
export function decodeCommand(data: Uint8Array): DecodedCommand {
  const [number, at, request] = unpacked(data);
  if (typeof number !== "number") throw new UnreadableEntry("Cannot apply a log entry that has no type");
  const command = commandNumbered(number);
  if (command === undefined) throw new UnreadableEntry(`Cannot apply a log entry of unknown type "${number}"`);
  if (typeof at !== "number") throw new UnreadableEntry(`Cannot apply a log entry "${command.name}": it has no time`);
  return { command, request: request as never, context: { at } };
}

function unpacked(data: Uint8Array): readonly unknown[] {
  try {
    reader.begin();
    const entry = reader.read(data);
    if (Array.isArray(entry)) return entry;
  } catch (cause) {
    throw new UnreadableEntry(`Cannot read a log entry of ${data.length} bytes`, { cause });
  }
  throw new UnreadableEntry(`Cannot read a log entry of ${data.length} bytes: it is not a command`);
}
