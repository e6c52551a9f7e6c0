import { Packr } from "msgpackr/pack";
import type { Command, CommandContext, LoggedCommand } from "./command.ts";
import { commandNumbered } from "./commands.ts";
import { knownRecords } from "./known-records.ts";
import { packing, settled } from "./packing.ts";

/** Commands as bytes: `[number, time of the proposer, request]`, packed. */
const packr = new Packr({ ...packing, ...knownRecords() });

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

/** The log entry that asks for `request` at the proposer's time (nanoseconds since the epoch). */
export function encodeCommand<Request>(
  command: Command<Request>,
  request: Request,
  { at }: CommandContext,
): Uint8Array {
  return packr.pack([command.number, at, command.compact === undefined ? request : command.compact(request)]);
}

/** Reads what `encodeCommand` wrote. Throws `UnreadableEntry`. */
export function decodeCommand(data: Uint8Array): DecodedCommand {
  const [number, at, request] = unpacked(data);
  const command = typeof number === "number" ? commandNumbered(number) : undefined;
  if (command === undefined) throw new UnreadableEntry(`Cannot apply a log entry of unknown type "${number}"`);
  if (typeof at !== "number") throw new UnreadableEntry(`Cannot apply a log entry "${command.name}": it has no time`);
  return { command, request: settled(request) as never, context: { at } };
}

function unpacked(data: Uint8Array): readonly unknown[] {
  try {
    const entry: unknown = packr.unpack(data);
    if (Array.isArray(entry)) return entry;
  } catch (cause) {
    throw new UnreadableEntry(`Cannot read a log entry of ${data.length} bytes`, { cause });
  }
  throw new UnreadableEntry(`Cannot read a log entry of ${data.length} bytes: it is not a command`);
}
