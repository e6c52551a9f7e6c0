import type * as z from "zod";
import { type Dictionary, dictionary } from "../../base/index.ts";
import { defaultNamespace } from "../../model/index.ts";
import {
  decodeGoTime,
  describeIssues,
  encodeGoTime,
  flag,
  nanosecondCount,
  pairReader,
  safeRead,
  struct,
  text,
  whole,
  zeroTime,
} from "../../wire/index.ts";
import { type Answer, type QueryOptions, RpcError, type RpcMethod } from "./method.ts";
import { ping } from "./status.ts";

/**
 * Questions and answers as bodies on Nomad's wire. There the options of a question are fields of its request, and
 * what is known of an answer's freshness are fields of its reply, beside its own; a reply that is a bare value has
 * none. What peers of 0.4.1 do not know (`Namespace`, newer fields of jobs) they skip.
 */

const wireOptions = struct({
  Region: text,
  Namespace: text,
  Prefix: text,
  MinQueryIndex: whole,
  MaxQueryTime: nanosecondCount,
  AllowStale: flag,
});

const freshness = struct({ Index: whole, LastContact: nanosecondCount, KnownLeader: flag });

/** The body that asks `request`. */
export function encodeRequest<Request extends z.ZodType, Reply extends z.ZodType>(
  method: RpcMethod<Request, Reply>,
  request: z.output<Request>,
  options: QueryOptions,
): unknown {
  if (method.name === ping.name) return {};
  const { region, namespace, prefix, minQueryIndex, maxQueryTime, allowStale } = options;
  const write = { Region: region, Namespace: namespace };
  if (method.access === "write") return { ...(request as object), ...write };
  return {
    ...(request as object),
    ...write,
    Prefix: prefix,
    MinQueryIndex: minQueryIndex,
    MaxQueryTime: maxQueryTime,
    AllowStale: allowStale,
  };
}

/** A request that was read straight from its bytes, for `decodeRequest`. */
class UnpackedRequest {
  readonly request: unknown;
  readonly options: z.output<typeof wireOptions>;

  constructor(request: unknown, options: z.output<typeof wireOptions>) {
    this.request = request;
    this.options = options;
  }
}

/** A reply that was read straight from its bytes, for `decodeReply`. */
class UnpackedReply {
  readonly reply: unknown;
  readonly freshness: z.output<typeof freshness>;

  constructor(reply: unknown, known: z.output<typeof freshness>) {
    this.reply = reply;
    this.freshness = known;
  }
}

/**
 * Reads short bodies of requests several times quicker than to decode them: what comes out is for `decodeRequest`.
 * Undefined for bodies that are to be decoded, among them all that are wrong.
 */
export function requestUnpacker(methods: readonly RpcMethod[]): (method: string, body: Uint8Array) => unknown {
  const readers = new Map(methods.map(({ name, request }) => [name, pairReader(request, wireOptions)]));
  return (method, body) => {
    const found = readers.get(method)?.(body);
    return found && new UnpackedRequest(found.first, found.second);
  };
}

/** The same for bodies of replies, and `decodeReply`. */
export function replyUnpacker(method: RpcMethod): (body: Uint8Array) => unknown {
  const known = replyUnpackers.get(method);
  if (known !== undefined) return known;
  const reader = pairReader(method.reply, freshness, method);
  const unpacker = (body: Uint8Array) => {
    const found = reader?.(body);
    return found && new UnpackedReply(found.first, found.second);
  };
  replyUnpackers.set(method, unpacker);
  return unpacker;
}

const replyUnpackers = new WeakMap<RpcMethod, (body: Uint8Array) => unknown>();

/** What a body asks. Throws `RpcError` with code 400 and the path when it is no request of this method. */
export function decodeRequest<Request extends z.ZodType, Reply extends z.ZodType>(
  method: RpcMethod<Request, Reply>,
  body: unknown,
): { readonly request: z.output<Request>; readonly options: QueryOptions } {
  const isUnpacked = body instanceof UnpackedRequest;
  const what = `request of ${method.name}`;
  const said = isUnpacked ? body.options : read(wireOptions, body, what, 400);
  return {
    request: isUnpacked ? (body.request as z.output<Request>) : read(method.request, body, what, 400),
    options: {
      region: said.Region,
      namespace: said.Namespace === "" ? defaultNamespace : said.Namespace,
      prefix: said.Prefix,
      minQueryIndex: said.MinQueryIndex,
      maxQueryTime: said.MaxQueryTime,
      allowStale: said.AllowStale,
    },
  };
}

/** The body that answers. */
export function encodeReply<Request extends z.ZodType, Reply extends z.ZodType>(
  method: RpcMethod<Request, Reply>,
  { reply, index, lastContact, knownLeader }: Answer<z.output<Reply>>,
): unknown {
  if (method.name === ping.name) return {};
  if (!isFields(reply)) return reply;
  const own = withTimes(method, reply, (value) => encodeGoTime(typeof value === "string" ? value : null));
  return { ...own, Index: index, LastContact: lastContact, KnownLeader: knownLeader };
}

/** What a body answers; a bare one knows nothing of its freshness. Throws `RpcError` when it is no reply of this method. */
export function decodeReply<Request extends z.ZodType, Reply extends z.ZodType>(
  method: RpcMethod<Request, Reply>,
  body: unknown,
): Answer<z.output<Reply>> {
  if (body instanceof UnpackedReply) return answerOf(body.reply as z.output<Reply>, body.freshness);
  const what = `reply of ${method.name}`;
  if (!isFields(body)) {
    return { reply: read(method.reply, body, what, 500), index: 0, lastContact: 0, knownLeader: false };
  }
  const known = read(freshness, body, what, 500);
  const own = withTimes(method, body, readTime);
  return answerOf(read(method.reply, own, what, 500), known);
}

function answerOf<Reply>(reply: Reply, { Index, LastContact, KnownLeader }: z.output<typeof freshness>): Answer<Reply> {
  return { reply, index: Index, lastContact: LastContact, knownLeader: KnownLeader };
}

/** A time never set reads as none. */
function readTime(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  const time = decodeGoTime(value);
  return time === undefined || time === zeroTime ? null : time;
}

function isFields(value: unknown): value is Readonly<Dictionary<unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** The same fields with those that are bytes on the wire turned into what they are on the other side. */
function withTimes(
  { binary }: RpcMethod,
  fields: Readonly<Dictionary<unknown>>,
  turned: (value: unknown) => unknown,
): Dictionary<unknown> {
  if (binary === undefined) return fields;
  const result = Object.getPrototypeOf(fields) === null ? dictionary(Object.entries(fields)) : { ...fields };
  for (const name of binary) if (Object.hasOwn(fields, name)) result[name] = turned(fields[name]);
  return result;
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string, code: number): z.output<Schema> {
  const parsed = safeRead(schema, value);
  if (parsed.success) return parsed.data;
  throw new RpcError(`Cannot read ${what}: ${describeIssues(parsed.error)}`, { code, cause: parsed.error });
}
