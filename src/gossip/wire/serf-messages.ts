import { dictionary, unreachable } from "../../base/index.ts";
import { type Endpoint, ipText } from "../endpoint.ts";
import { encodeMessage, type Fields, fieldsOf, firstFields, type Value } from "./fields.ts";
import { addressBytes } from "./swim-messages.ts";
import { Unreadable } from "./unreadable.ts";

/** A time of a Lamport clock. */
export type LamportTime = number;

export interface UserEvent {
  readonly time: LamportTime;
  readonly name: string;
  readonly payload: Uint8Array;
  /** Whether several of one name may be taken for one. */
  readonly coalesce: boolean;
}

export interface QueryMessage {
  readonly time: LamportTime;
  readonly id: number;
  readonly asker: Endpoint;
  /** Empty if it comes from an older member. */
  readonly askerName: string;
  readonly filters: readonly Uint8Array[];
  readonly wantsAck: boolean;
  readonly noRebroadcast: boolean;
  /** Through how many other members an answer is to be sent besides. */
  readonly relayFactor: number;
  readonly timeoutNanoseconds: number;
  readonly name: string;
  readonly payload: Uint8Array;
}

export interface QueryResponse {
  readonly time: LamportTime;
  readonly id: number;
  readonly from: string;
  readonly isAck: boolean;
  readonly payload: Uint8Array;
}

/** Serf's state in a push/pull. */
export interface SerfState {
  readonly memberTime: LamportTime;
  readonly eventTime: LamportTime;
  readonly queryTime: LamportTime;
  /** When each member's status was last changed by an intent. */
  readonly statusTimes: ReadonlyMap<string, LamportTime>;
  readonly left: readonly string[];
  readonly events: readonly UserEvent[];
}

export type SerfMessage =
  | { readonly kind: "leave"; readonly time: LamportTime; readonly node: string; readonly prune: boolean }
  | { readonly kind: "join"; readonly time: LamportTime; readonly node: string }
  | { readonly kind: "state"; readonly state: SerfState }
  | { readonly kind: "event"; readonly event: UserEvent }
  | { readonly kind: "query"; readonly query: QueryMessage }
  | { readonly kind: "response"; readonly response: QueryResponse }
  /** To be handed on to `to`, as it is. */
  | { readonly kind: "relay"; readonly to: Endpoint; readonly name: string; readonly message: Uint8Array };

const TYPE = { leave: 0, join: 1, state: 2, event: 3, query: 4, response: 5, relay: 9 } as const;

/** Types that only travel inside queries. */
export const KEY_REQUEST = 7;
export const KEY_RESPONSE = 8;

const FLAG_ACK = 1;
const FLAG_NO_REBROADCAST = 2;

/** Clocks count up by one; who is so far ahead lies, and would take the clock beyond what a number holds exactly. */
const MAX_TIME = 2 ** 48;
const MAX_NAME_BYTES = 512;
const MAX_PAYLOAD_BYTES = 16_384;
const MAX_STATE_NAMES = 32_768;
const MAX_STATE_SLOTS = 8_192;
const MAX_EVENTS_IN_SLOT = 1_024;
const MAX_FILTERS = 16;
const MAX_TIMEOUT_NANOSECONDS = 3_600e9;

export function encodeSerfMessage(message: SerfMessage): Uint8Array {
  switch (message.kind) {
    case "leave":
      return encodeMessage(TYPE.leave, { LTime: message.time, Node: message.node, Prune: message.prune });
    case "join":
      return encodeMessage(TYPE.join, { LTime: message.time, Node: message.node });
    case "state":
      return encodeMessage(TYPE.state, stateFields(message.state));
    case "event": {
      const { coalesce, time, name, payload } = message.event;
      return encodeMessage(TYPE.event, { CC: coalesce, LTime: time, Name: name, Payload: payload });
    }
    case "query":
      return encodeMessage(TYPE.query, queryFields(message.query));
    case "response": {
      const { isAck, from, id, time, payload } = message.response;
      return encodeMessage(TYPE.response, {
        Flags: isAck ? FLAG_ACK : 0,
        From: from,
        ID: id,
        LTime: time,
        Payload: payload,
      });
    }
    case "relay": {
      const DestAddr = { IP: addressBytes(message.to), Port: message.to.port, Zone: "" };
      return Buffer.concat([encodeMessage(TYPE.relay, { DestAddr, DestName: message.name }), message.message]);
    }
    default:
      return unreachable(message);
  }
}

/** Reads one message with its type byte. Throws `Unreadable`. */
export function decodeSerfMessage(bytes: Uint8Array): SerfMessage {
  const body = bytes.subarray(1);
  switch (bytes[0]) {
    case TYPE.leave: {
      const fields = fieldsOf(body);
      return { kind: "leave", time: timeOf(fields), node: nameOf(fields, "Node"), prune: fields.flag("Prune") };
    }
    case TYPE.join: {
      const fields = fieldsOf(body);
      return { kind: "join", time: timeOf(fields), node: nameOf(fields, "Node") };
    }
    case TYPE.state:
      return { kind: "state", state: readState(fieldsOf(body)) };
    case TYPE.event:
      return { kind: "event", event: readEvent(fieldsOf(body)) };
    case TYPE.query:
      return { kind: "query", query: readQuery(fieldsOf(body)) };
    case TYPE.response:
      return { kind: "response", response: readResponse(fieldsOf(body)) };
    case TYPE.relay:
      return readRelay(body);
    default:
      throw new Unreadable(`Serf message of unknown type ${bytes[0] ?? "(empty)"}`);
  }
}

function stateFields(state: SerfState): Readonly<Record<string, Value>> {
  return {
    EventLTime: state.eventTime,
    Events: eventSlots(state.events),
    LTime: state.memberTime,
    LeftMembers: state.left,
    QueryLTime: state.queryTime,
    StatusLTimes: dictionary(state.statusTimes),
  };
}

/** Events of one time stand together. */
function eventSlots(events: readonly UserEvent[]): readonly Value[] {
  const slots = Map.groupBy(events, (event) => event.time);
  return [...slots].map(([time, together]) => ({
    Events: together.map(({ name, payload }) => ({ Name: name, Payload: payload })),
    LTime: time,
  }));
}

function readState(fields: Fields): SerfState {
  return {
    memberTime: timeOf(fields),
    eventTime: timeOf(fields, "EventLTime"),
    queryTime: timeOf(fields, "QueryLTime"),
    statusTimes: fields.integerMap("StatusLTimes", {
      entries: MAX_STATE_NAMES,
      keyBytes: MAX_NAME_BYTES,
      max: MAX_TIME,
    }),
    left: fields.texts("LeftMembers", { entries: MAX_STATE_NAMES, bytes: MAX_NAME_BYTES }),
    events: fields
      .structs("Events", MAX_STATE_SLOTS)
      .flatMap((slot) => slot.structs("Events", MAX_EVENTS_IN_SLOT).map((event) => readEvent(event, timeOf(slot)))),
  };
}

/** In a push/pull the time stands outside the event, and nobody says whether it may be coalesced. */
function readEvent(fields: Fields, time = timeOf(fields)): UserEvent {
  const payload = fields.bytes("Payload", MAX_PAYLOAD_BYTES);
  return { time, name: fields.text("Name", MAX_PAYLOAD_BYTES), payload, coalesce: fields.flag("CC") };
}

function queryFields(query: QueryMessage): Readonly<Record<string, Value>> {
  return {
    Addr: addressBytes(query.asker),
    Filters: query.filters,
    Flags: (query.wantsAck ? FLAG_ACK : 0) | (query.noRebroadcast ? FLAG_NO_REBROADCAST : 0),
    ID: query.id,
    LTime: query.time,
    Name: query.name,
    Payload: query.payload,
    Port: query.asker.port,
    RelayFactor: query.relayFactor,
    SourceNode: query.askerName,
    Timeout: query.timeoutNanoseconds,
  };
}

function readQuery(fields: Fields): QueryMessage {
  const flags = fields.uint32("Flags");
  return {
    time: timeOf(fields),
    id: fields.uint32("ID"),
    asker: readEndpoint(fields, "Addr"),
    askerName: fields.text("SourceNode", MAX_NAME_BYTES),
    filters: fields.blobs("Filters", { entries: MAX_FILTERS, bytes: MAX_PAYLOAD_BYTES }),
    wantsAck: (flags & FLAG_ACK) !== 0,
    noRebroadcast: (flags & FLAG_NO_REBROADCAST) !== 0,
    relayFactor: fields.integer("RelayFactor", 255),
    timeoutNanoseconds: fields.integer("Timeout", MAX_TIMEOUT_NANOSECONDS),
    name: fields.text("Name", MAX_PAYLOAD_BYTES),
    payload: fields.bytes("Payload", MAX_PAYLOAD_BYTES),
  };
}

function readResponse(fields: Fields): QueryResponse {
  return {
    time: timeOf(fields),
    id: fields.uint32("ID"),
    from: nameOf(fields, "From"),
    isAck: (fields.uint32("Flags") & FLAG_ACK) !== 0,
    payload: fields.bytes("Payload", MAX_PAYLOAD_BYTES),
  };
}

function readRelay(body: Uint8Array): SerfMessage {
  const { fields: header, end } = firstFields(body);
  const to = readEndpoint(header.struct("DestAddr"), "IP");
  return { kind: "relay", to, name: header.text("DestName", MAX_NAME_BYTES), message: body.subarray(end) };
}

function readEndpoint(fields: Fields, name: string): Endpoint {
  const ip = ipText(fields.bytes(name, 16));
  if (ip === undefined) throw new Unreadable(`${name} is not an IP address`);
  return { ip, port: fields.port("Port") };
}

function timeOf(fields: Fields, name = "LTime"): LamportTime {
  return fields.integer(name, MAX_TIME);
}

function nameOf(fields: Fields, field: string): string {
  const name = fields.text(field, MAX_NAME_BYTES);
  if (name === "") throw new Unreadable("a message about a member without a name");
  return name;
}
