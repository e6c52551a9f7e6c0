import type { OpenAPIDocument } from "../../src/api/index.ts";
import type { Random } from "../../src/base/index.ts";
import type { WrittenSchema } from "../../src/wire/index.ts";
import type { Described } from "../system/support/described.ts";
import { misshapen } from "./mutations.ts";

/** A request as it goes out. */
export interface OddRequest {
  readonly of: Described;
  readonly method: string;
  readonly target: string;
  readonly body?: string;
}

/** IDs that are there, so that requests come further than the first look-up; and a job that may be registered. */
export interface Known {
  ids: readonly string[];
  readonly job: Readonly<Record<string, unknown>>;
}

const texts: readonly string[] = [
  "",
  "a",
  "web",
  "cron/periodic-1",
  "0123",
  "01234567-89ab-cdef-0123-456789abcdef",
  "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz",
  "..",
  "../../../etc/passwd",
  "/",
  "a b",
  "\u0000",
  "\n",
  "%",
  "é\u{1f600}",
  "__proto__",
  "constructor",
  "true",
  "null",
  "-1",
  "1e309",
  "9223372036854775808",
  "raw_exec",
  "eligible",
  "spread",
  "service",
  "system",
  "batch",
  "stdout",
  "end",
  "object",
  "10ms",
  "${attr.kernel.name}",
  "${",
  "<b>",
  "global",
  "a".repeat(300),
  "a".repeat(5000),
];
const numbers = [0, 1, -1, 2, 50, 100, 1e9, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63), 1e300, 0.5];
/** Nobody is to be disturbed who is not of the test. */
const addresses = ["127.0.0.1:1", "127.0.0.1", "[::1]:1", "[", "", ":", "127.0.0.1:99999", "127.0.0.1:x", "\u0000"];
const bodies = [
  "",
  " ",
  "{",
  "[]",
  "null",
  "0",
  '"x"',
  "{}",
  '{"Job":null}',
  '{"Job":{}}',
  '{"JOB":{"id":"a"},"Job":[]}',
  '{"__proto__":{"Job":1}}',
  "[".repeat(20_000),
  '{"Job":'.repeat(5_000),
  `{"Job":{"ID":"${"a".repeat(100_000)}"}}`,
  `{"JobHCL":"job \\"a\\" {}"}`,
  `{"JobHCL":"${"{".repeat(10_000)}"}`,
  "1e999",
  '{"Job":{"Priority":1e999}}',
  "\ufeff{}",
];

/** Makes requests out of the document: of what it says, and of what it does not. */
export class OddRequests {
  readonly #document: OpenAPIDocument;
  readonly #operations: readonly Described[];
  readonly #known: Known;
  readonly #random: Random;

  constructor(document: OpenAPIDocument, operations: readonly Described[], known: Known, random: Random) {
    this.#document = document;
    this.#operations = operations;
    this.#known = known;
    this.#random = random;
  }

  next(): OddRequest {
    const of = this.#one(this.#operations);
    const id = this.#chance(2) ? this.#one(this.#known.ids) : this.#one(texts);
    const path = of.path.replace(/\{.*?\}/, () =>
      this.#chance(8) ? id.replaceAll(/[^!-~]/g, "") : encodeURIComponent(id),
    );
    const isMistaken = this.#chance(24);
    const method = isMistaken ? this.#one(["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]) : of.verb;
    const body = of.operation.requestBody === undefined && !this.#chance(10) ? undefined : this.#body(of, id);
    return {
      of,
      method,
      target: `${path.startsWith("/") ? path : "/"}${this.#query(of)}`,
      body: bodyFor(method, body),
    };
  }

  #query({ operation }: Described): string {
    const query = new URLSearchParams();
    for (const { name, required, schema } of operation.parameters.filter((each) => each.in === "query")) {
      if (name === "index" || name === "wait" || (required ? this.#chance(9) : !this.#chance(4))) continue;
      do query.append(name, this.#parameter(name, schema as WrittenSchema));
      while (this.#chance(20));
    }
    // Who waits must not wait long.
    if (operation.parameters.some(({ name }) => name === "index") && this.#chance(3)) {
      query.set("index", this.#chance(2) ? `${this.#random.below(60)}` : this.#one(texts));
      query.set("wait", this.#one(["1ms", "20ms", "1us", "x", "1", `${"9".repeat(40)}`]));
    }
    if (this.#chance(20)) query.append(this.#one(texts), this.#one(texts));
    return query.size === 0 ? "" : `?${query}`;
  }

  #parameter(name: string, schema: WrittenSchema): string {
    if (name === "address") return this.#one(addresses);
    if (name === "follow") return this.#one(["false", "false", "true", "x", ""]);
    if (this.#chance(3)) return this.#one([...texts, ...this.#known.ids]);
    if (schema.enum !== undefined) return this.#one(schema.enum);
    if (schema.type === "boolean") return this.#one(["true", "false"]);
    if (schema.type === "integer") return String(this.#one(numbers));
    return this.#one(["alloc", "/", "alloc/logs", "t", ...texts]);
  }

  #body({ operation }: Described, id: string): string {
    if (this.#chance(8)) return this.#one(bodies);
    const content = operation.requestBody?.content["application/json"];
    if (content === undefined) return this.#one(bodies);
    const made = this.#value(content.schema as WrittenSchema, 0) as Record<string, unknown> | null;
    const job = { ...this.#known.job, ...(this.#chance(2) && { ID: id, Name: id }) };
    const isOfJob = "Job" in ((content.schema as WrittenSchema).properties ?? {});
    const value = isOfJob && !this.#chance(3) ? { ...made, Job: job } : made;
    return JSON.stringify(this.#chance(4) ? value : misshapen(value, this.#random));
  }

  /** What a schema allows. */
  #value(schema: WrittenSchema, depth: number): unknown {
    const name = schema.$ref?.slice(schema.$ref.lastIndexOf("/") + 1);
    if (name !== undefined) return this.#value(this.#document.components.schemas[name] as WrittenSchema, depth);
    if (schema.anyOf !== undefined) return this.#value(this.#one(schema.anyOf), depth);
    if (schema.type === undefined) return this.#one([null, 1, "a", {}, [], { a: [{ b: null }] }]);
    const types = [schema.type].flat();
    switch (types.length > 1 && this.#chance(10) ? "null" : types[0]) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#times(3 - depth / 3, () => this.#value(schema.items ?? {}, depth + 1));
      case "string":
        return schema.enum === undefined ? this.#one(texts) : this.#one(schema.enum);
      case "boolean":
        return this.#chance(2);
      case "integer":
      case "number":
        return this.#one(numbers);
      default:
        return null;
    }
  }

  #object({ properties, additionalProperties }: WrittenSchema, depth: number): unknown {
    if (properties === undefined) {
      const entries = this.#times(
        3,
        () => [this.#one(texts), this.#value(additionalProperties ?? {}, depth + 1)] as const,
      );
      return Object.fromEntries(entries);
    }
    const kept = Object.entries(properties).filter(() => depth < 6 && this.#chance(depth + 2));
    return Object.fromEntries(kept.map(([name, inner]) => [name, this.#value(inner, depth + 1)]));
  }

  #times<Value>(most: number, make: () => Value): Value[] {
    return Array.from({ length: this.#random.below(Math.max(1, Math.ceil(most) + 1)) }, make);
  }

  #one<Value>(values: readonly Value[]): Value {
    return values[this.#random.below(values.length)] as Value;
  }

  /** True once in so many times. */
  #chance(times: number): boolean {
    return this.#random.below(times) === 0;
  }
}

function bodyFor(method: string, body: string | undefined): string | undefined {
  return method === "GET" || method === "HEAD" ? undefined : body;
}
