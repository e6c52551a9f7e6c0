import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { type Direction, SchemaWriter } from "./json-schema.ts";
import {
  anything,
  block,
  flag,
  listOf,
  mapOf,
  nanosecondCount,
  optional,
  real,
  struct,
  text,
  timestamp,
  whole,
} from "./schema.ts";

const named = (schema: z.ZodType, direction: Direction, names: ReadonlyMap<z.ZodType, string> = new Map()) => {
  const writer = new SchemaWriter(names);
  return { form: writer.write(schema, direction), components: writer.components };
};
const form = (schema: z.ZodType, direction: Direction) => named(schema, direction).form;

test("what is answered has every field, and what is asked may leave out or null each", () => {
  const schema = struct({
    Name: text,
    Count: whole,
    Wait: nanosecondCount,
    Score: real,
    Is: flag,
    At: timestamp,
    Any: anything,
  });
  assert.deepEqual(form(schema, "answered"), {
    type: "object",
    properties: {
      Name: { type: "string" },
      Count: { type: "integer" },
      Wait: { type: "integer", format: "int64" },
      Score: { type: "number" },
      Is: { type: "boolean" },
      At: { type: ["string", "null"], format: "date-time" },
      Any: {},
    },
    required: ["Name", "Count", "Wait", "Score", "Is", "At", "Any"],
  });
  assert.deepEqual(form(schema, "asked"), {
    type: "object",
    properties: {
      Name: { type: ["string", "null"] },
      Count: { type: ["integer", "null"] },
      Wait: { type: ["integer", "null"], format: "int64" },
      Score: { type: ["number", "null"] },
      Is: { type: ["boolean", "null"] },
      At: { type: ["string", "null"], format: "date-time" },
      Any: {},
    },
  });
});

test("lists, maps and blocks are told with what is in them", () => {
  const inner = struct({ A: text });
  const schema = struct({ List: listOf(inner), Map: mapOf(whole), Block: block({ B: text }), Maybe: optional(inner) });
  const A = { type: "object", properties: { A: { type: "string" } }, required: ["A"] };
  assert.deepEqual(form(schema, "answered"), {
    type: "object",
    properties: {
      List: { type: "array", items: A },
      Map: { type: "object", additionalProperties: { type: "integer" } },
      Block: { type: "object", properties: { B: { type: "string" } }, required: ["B"] },
      Maybe: { ...A, type: ["object", "null"] },
    },
    required: ["List", "Map", "Block", "Maybe"],
  });
  const asked = form(schema, "asked") as { properties: { List: unknown; Block: unknown } };
  const askedA = { type: "object", properties: { A: { type: ["string", "null"] } } };
  assert.deepEqual(asked.properties.List, { type: ["array", "null"], items: askedA });
  assert.deepEqual(asked.properties.Block, {
    type: ["object", "null"],
    properties: { B: { type: ["string", "null"] } },
  });
});

test("a struct that must not be absent is required, also of who asks", () => {
  assert.deepEqual(form(struct({ Inner: struct({ A: text }) }), "asked"), {
    type: "object",
    properties: { Inner: { type: "object", properties: { A: { type: ["string", "null"] } } } },
    required: ["Inner"],
  });
});

test("named schemas are written once for each direction, also where they contain themselves", () => {
  const tree: z.ZodType = z.lazy(() => struct({ Children: listOf(tree) }));
  const holder = struct({ Tree: optional(tree), Trees: listOf(tree) });
  const reference = { $ref: "#/components/schemas/Tree" };
  assert.deepEqual(named(holder, "answered", new Map([[tree, "Tree"]])), {
    form: {
      type: "object",
      properties: { Tree: { anyOf: [reference, { type: "null" }] }, Trees: { type: "array", items: reference } },
      required: ["Tree", "Trees"],
    },
    components: {
      Tree: {
        type: "object",
        properties: { Children: { type: "array", items: reference } },
        required: ["Children"],
      },
    },
  });
  assert.deepEqual(Object.keys(named(holder, "asked", new Map([[tree, "Tree"]])).components), ["TreeInput"]);
});

test("what zod itself can describe is left to it, and what is ours in it is told as ever", () => {
  const ours = struct({ A: text });
  const plain = z.object({
    Name: z.string().optional(),
    Kind: z.enum(["a", "b"]),
    Ours: ours,
    Union: z.union([listOf(ours), ours]),
  });
  const A = { type: "object", properties: { A: { type: "string" } }, required: ["A"] };
  assert.deepEqual(form(plain, "answered"), {
    type: "object",
    properties: {
      Name: { type: "string" },
      Kind: { type: "string", enum: ["a", "b"] },
      Ours: A,
      Union: { anyOf: [{ type: "array", items: A }, A] },
    },
    required: ["Kind", "Ours", "Union"],
  });
});
