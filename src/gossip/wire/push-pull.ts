import { encodeFields, fieldsOf } from "./fields.ts";
import type { StreamReader } from "./stream-reader.ts";
import {
  addressBytes,
  MESSAGE,
  type NodeDescription,
  readDescription,
  readIncarnation,
  versionBytes,
} from "./swim-messages.ts";
import { Unreadable } from "./unreadable.ts";

/** The states of a member, in the order of their numbers on the wire. */
export const NODE_STATES = ["alive", "suspect", "dead", "left"] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** A member as one peer tells another. */
export interface NodeEntry {
  readonly node: NodeDescription;
  readonly incarnation: number;
  readonly state: NodeState;
}

/** All that a member knows, for another to merge. */
export interface PushPullState {
  readonly join: boolean;
  readonly nodes: readonly NodeEntry[];
  /** Serf's own state. */
  readonly userState: Uint8Array;
}

/** More members than Serf was ever run with; a peer that claims more is not believed. */
export const MAX_MEMBERS = 16_384;
const MAX_USER_STATE_BYTES = 8 << 20;
const MAX_ENTRY_BYTES = 4_096;

/** The message with its type byte. */
export function encodePushPull({ join, nodes, userState }: PushPullState): Uint8Array {
  const header = encodeFields({ Join: join, Nodes: nodes.length, UserStateLen: userState.length });
  const entries = nodes.map(({ node, incarnation, state }) =>
    encodeFields({
      Addr: addressBytes(node),
      Incarnation: incarnation,
      Meta: node.meta,
      Name: node.name,
      Port: node.port,
      State: NODE_STATES.indexOf(state),
      Vsn: versionBytes(node.versions),
    }),
  );
  return Buffer.concat([Uint8Array.of(MESSAGE.pushPull), header, ...entries, userState]);
}

/** Reads what follows the type byte. Nothing is set aside for what is only claimed. Rejects with `Unreadable`. */
export async function readPushPull(reader: StreamReader): Promise<PushPullState> {
  const header = fieldsOf(await reader.value(MAX_ENTRY_BYTES));
  const count = header.integer("Nodes", MAX_MEMBERS);
  const userStateBytes = header.integer("UserStateLen", MAX_USER_STATE_BYTES);
  const nodes: NodeEntry[] = [];
  while (nodes.length < count) nodes.push(readEntry(await reader.value(MAX_ENTRY_BYTES)));
  return { join: header.flag("Join"), nodes, userState: await reader.take(userStateBytes) };
}

function readEntry(bytes: Uint8Array): NodeEntry {
  const fields = fieldsOf(bytes);
  const state = NODE_STATES[fields.integer("State", 255)];
  if (state === undefined) throw new Unreadable("a member in an unknown state");
  return { node: readDescription(fields, "Name"), incarnation: readIncarnation(fields), state };
}
