import { unreachable } from "../../base/index.ts";
import { type Endpoint, ipBytes, ipText } from "../endpoint.ts";
import { encodeMessage, type Fields, fieldsOf, type Value } from "./fields.ts";
import { Unreadable } from "./unreadable.ts";

/** The first byte of every message of memberlist. */
export const MESSAGE = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compress: 9,
  encrypt: 10,
  nack: 11,
  crc: 12,
  error: 13,
} as const;

/** Which versions of memberlist's and of Serf's protocol a member speaks, as `[min, max, current]` of each. */
export interface Versions {
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCurrent: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCurrent: number;
}

/** What a member says of itself. */
export interface NodeDescription extends Endpoint {
  readonly name: string;
  /** Tags, as Serf encodes them. */
  readonly meta: Uint8Array;
  readonly versions: Versions;
}

/** Who asks, so that an answer finds the way; older members do not say. */
export interface Source extends Endpoint {
  readonly node: string;
}

export type SwimMessage =
  | { readonly kind: "ping"; readonly sequence: number; readonly node: string; readonly source?: Source }
  | {
      readonly kind: "indirectPing";
      readonly sequence: number;
      readonly target: Endpoint;
      readonly node: string;
      /** Whether the asker wants to hear that there was no answer. */
      readonly wantsNack: boolean;
      readonly source?: Source;
    }
  | { readonly kind: "ack"; readonly sequence: number }
  | { readonly kind: "nack"; readonly sequence: number }
  | { readonly kind: "alive"; readonly node: NodeDescription; readonly incarnation: number }
  | { readonly kind: "suspect"; readonly node: string; readonly incarnation: number; readonly from: string }
  | { readonly kind: "dead"; readonly node: string; readonly incarnation: number; readonly from: string }
  /** A message of Serf. */
  | { readonly kind: "user"; readonly payload: Uint8Array };

/** Nobody gets here by refuting: a greater incarnation is a forgery that would leave its victim without an answer. */
const MAX_INCARNATION = 0x7fff_ffff;
const MAX_META_BYTES = 512;
const MAX_NAME_BYTES = 512;

/** One message with its type byte, not yet packed. Keys are in the order of ASCII, as Go's codec writes them. */
export function encodeSwimMessage(message: SwimMessage): Uint8Array {
  switch (message.kind) {
    case "ping":
      return encodeMessage(MESSAGE.ping, {
        Node: message.node,
        SeqNo: message.sequence,
        ...sourceFields(message.source),
      });
    case "indirectPing":
      return encodeMessage(MESSAGE.indirectPing, {
        Nack: message.wantsNack,
        Node: message.node,
        Port: message.target.port,
        SeqNo: message.sequence,
        ...sourceFields(message.source),
        Target: addressBytes(message.target),
      });
    case "ack":
      return encodeMessage(MESSAGE.ack, { Payload: new Uint8Array(), SeqNo: message.sequence });
    case "nack":
      return encodeMessage(MESSAGE.nack, { SeqNo: message.sequence });
    case "alive":
      return encodeMessage(MESSAGE.alive, {
        Addr: addressBytes(message.node),
        Incarnation: message.incarnation,
        Meta: message.node.meta,
        Node: message.node.name,
        Port: message.node.port,
        Vsn: versionBytes(message.node.versions),
      });
    case "suspect":
    case "dead":
      return encodeMessage(MESSAGE[message.kind], {
        From: message.from,
        Incarnation: message.incarnation,
        Node: message.node,
      });
    case "user":
      return Buffer.concat([Uint8Array.of(MESSAGE.user), message.payload]);
    default:
      return unreachable(message);
  }
}

/** Reads one message with its type byte. Throws `Unreadable`. */
export function decodeSwimMessage(bytes: Uint8Array): SwimMessage {
  const type = bytes[0];
  if (type === MESSAGE.user) return { kind: "user", payload: bytes.subarray(1) };
  const read = type === undefined ? undefined : readers[type];
  if (read === undefined) throw new Unreadable(`message of unknown type ${type ?? "(empty)"}`);
  return read(fieldsOf(bytes.subarray(1)));
}

const readers: Readonly<Record<number, (fields: Fields) => SwimMessage>> = {
  [MESSAGE.ping]: (fields) => ({
    kind: "ping",
    sequence: fields.uint32("SeqNo"),
    node: fields.text("Node", MAX_NAME_BYTES),
    source: sourceOf(fields),
  }),
  [MESSAGE.indirectPing]: (fields) => ({
    kind: "indirectPing",
    sequence: fields.uint32("SeqNo"),
    target: { ip: readAddress(fields, "Target"), port: fields.port("Port") },
    node: fields.text("Node", MAX_NAME_BYTES),
    wantsNack: fields.flag("Nack"),
    source: sourceOf(fields),
  }),
  [MESSAGE.ack]: (fields) => ({ kind: "ack", sequence: fields.uint32("SeqNo") }),
  [MESSAGE.nack]: (fields) => ({ kind: "nack", sequence: fields.uint32("SeqNo") }),
  [MESSAGE.alive]: (fields) => ({
    kind: "alive",
    node: readDescription(fields, "Node"),
    incarnation: readIncarnation(fields),
  }),
  [MESSAGE.suspect]: (fields) => ({ kind: "suspect", ...accusation(fields) }),
  [MESSAGE.dead]: (fields) => ({ kind: "dead", ...accusation(fields) }),
};

/** A member's description among other fields; its name stands under `nameField`. */
export function readDescription(fields: Fields, nameField: "Node" | "Name"): NodeDescription {
  const name = fields.text(nameField, MAX_NAME_BYTES);
  if (name === "") throw new Unreadable("a member without a name");
  const meta = fields.bytes("Meta", MAX_META_BYTES);
  return {
    name,
    ip: readAddress(fields, "Addr"),
    port: fields.port("Port"),
    meta,
    versions: readVersions(fields.bytes("Vsn", 6)),
  };
}

export function readIncarnation(fields: Fields): number {
  return fields.integer("Incarnation", MAX_INCARNATION);
}

export function addressBytes({ ip }: Endpoint): Uint8Array {
  const bytes = ipBytes(ip);
  if (bytes === undefined) throw new Error(`"${ip}" is not an IP address`);
  return bytes;
}

export function versionBytes(versions: Versions): Uint8Array {
  const { protocolMin, protocolMax, protocolCurrent, delegateMin, delegateMax, delegateCurrent } = versions;
  return Uint8Array.of(protocolMin, protocolMax, protocolCurrent, delegateMin, delegateMax, delegateCurrent);
}

function readVersions(bytes: Uint8Array): Versions {
  if (bytes.length !== 6) throw new Unreadable(`${bytes.length} versions instead of 6`);
  const [protocolMin, protocolMax, protocolCurrent, delegateMin, delegateMax, delegateCurrent] = bytes as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (protocolMin === 0 || protocolMax === 0 || protocolMin > protocolMax) {
    throw new Unreadable(`protocol versions ${protocolMin} to ${protocolMax}`);
  }
  return { protocolMin, protocolMax, protocolCurrent, delegateMin, delegateMax, delegateCurrent };
}

function readAddress(fields: Fields, name: string): string {
  const ip = ipText(fields.bytes(name, 16));
  if (ip === undefined) throw new Unreadable(`${name} is not an IP address`);
  return ip;
}

function accusation(fields: Fields): { node: string; incarnation: number; from: string } {
  return {
    node: fields.text("Node", MAX_NAME_BYTES),
    incarnation: readIncarnation(fields),
    from: fields.text("From", MAX_NAME_BYTES),
  };
}

function sourceFields(source: Source | undefined): Readonly<Record<string, Value>> {
  if (source === undefined) return {};
  return { SourceAddr: addressBytes(source), SourceNode: source.node, SourcePort: source.port };
}

function sourceOf(fields: Fields): Source | undefined {
  const ip = ipText(fields.bytes("SourceAddr", 16));
  const port = fields.port("SourcePort");
  return ip === undefined || port === 0 ? undefined : { ip, port, node: fields.text("SourceNode", MAX_NAME_BYTES) };
}
