import { Packr } from "msgpackr/pack";
import { dictionary } from "../base/index.ts";
import type { Command, CommandContext, LoggedCommand } from "./command.ts";
import { commandNumbered } from "./commands.ts";

/**
 * Commands as bytes: `[number, time of the proposer, request]` in msgpack with records. An object with known fields
 * is a record; a dictionary is a map, and becomes a dictionary again, so that every key in it is data.
 * The decoder is the one in plain JavaScript: the compiled one makes strings that keep the whole entry in memory,
 * and is not there on every machine.
 */
const packr = new Packr({
  useRecords: isRecord,
  variableMapSize: true,
  encodeUndefinedAsNil: true,
  useToJSON: false,
});

function isRecord(value: object): boolean {
  return Object.getPrototypeOf(value) !== null && !Object.hasOwn(value, "__proto__");
}

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

/** What is empty is one object for all: most lists and dictionaries of most rows are. */
const emptyDictionary = Object.freeze(dictionary());
const emptyList = Object.freeze([]);

/** The value with dictionaries in place of maps, changed where it stands: nobody else has seen it yet. */
function settled(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return settledList(value);
  if (value instanceof Map) return settledMap(value);
  for (const key in value) settleField(value as Record<string, unknown>, key);
  return value;
}

function settledList(list: unknown[]): readonly unknown[] {
  if (list.length === 0) return emptyList;
  for (let i = 0; i < list.length; i++) list[i] = settled(list[i]);
  return list;
}

function settledMap(map: ReadonlyMap<unknown, unknown>): object {
  if (map.size === 0) return emptyDictionary;
  return dictionary([...map].map(([key, inner]) => [String(key), settled(inner)] as const));
}

function settleField(record: Record<string, unknown>, key: string): void {
  const inner = record[key];
  if (typeof inner === "object" && inner !== null) record[key] = settled(inner);
}
