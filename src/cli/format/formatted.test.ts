import assert from "node:assert/strict";
import { test } from "node:test";
import { job } from "../testing/samples.ts";
import { jobShape } from "./api-shapes.ts";
import { formatChoice } from "./format-choice.ts";
import { formatted } from "./formatted.ts";
import { arranged, bool, int, list, map, pointer, string, struct } from "./shape.ts";

const inner = struct("api.Inner", { Name: string });
const shape = struct("api.Outer", {
  Zeta: string,
  Alpha: int,
  Flag: bool,
  List: list(string),
  Map: map(int),
  Pointer: pointer(inner),
  Struct: inner,
});

test("fields stand in the order of the shape, and what is missing is zero", () => {
  assert.equal(
    JSON.stringify(arranged({ Alpha: 1, Unknown: true, Map: { b: 2, a: 1 } }, shape)),
    '{"Zeta":"","Alpha":1,"Flag":false,"List":null,"Map":{"a":1,"b":2},"Pointer":null,"Struct":{"Name":""}}',
  );
  const empty = arranged({ List: [], Map: {}, Pointer: { Name: "x" } }, shape);
  assert.partialDeepStrictEqual(empty, { List: null, Map: null, Pointer: { Name: "x" } });
});

test("T52: keys of maps are data", () => {
  const value = arranged({ Map: JSON.parse('{"__proto__": 1, "constructor": 2}') }, shape);
  assert.match(JSON.stringify(value), /"Map":\{"__proto__":1,"constructor":2\}/);
});

test("JSON is indented by four and escaped as Go does", () => {
  const result = formatted(job("shop"), jobShape, { kind: "json" });
  assert.ok(result.ok);
  assert.match(result.text, /^\{\n {4}"Region": "global",\n {4}"ID": "shop",\n/);
  assert.match(result.text, /"args": \[\n +"a\\u003cb"\n +\],\n +"command": "\/bin\/true"\n/);
  assert.match(result.text, /"Constraints": null,\n {4}"TaskGroups": \[/);
  assert.doesNotMatch(result.text, /ParentID/);
});

test("T25: JSON shows what could steer a terminal or hide, and means the same", () => {
  const Name = "a\u001b[31m\u009b\u202e\u200b\u2028\u{e0041}\ud800<é😀";
  const result = formatted({ Name }, inner, { kind: "json" });
  assert.ok(result.ok);
  const shown = String.raw`a\u001b[31m\u009b\u202e\u200b\u2028\udb40\udc41\ud800\u003cé😀`;
  assert.equal(result.text, `{\n    "Name": "${shown}"\n}`);
  assert.deepEqual(JSON.parse(result.text), { Name });
});

test("a template is given the same value, and its errors name the type", () => {
  const show = (text: string) => formatted(job("shop"), pointer(jobShape), { kind: "template", text });
  assert.deepEqual(show("{{.ID}}: {{len .TaskGroups}}"), { ok: true, text: "shop: 1" });
  assert.deepEqual(show("{{.Nope}}"), {
    ok: false,
    error: 'template: format:1:2: executing "format" at <.Nope>: can\'t evaluate field Nope in type *api.Job',
  });
});

test("only one format can be chosen", () => {
  assert.deepEqual(formatChoice({ json: false, template: "" }), { ok: true, format: undefined });
  assert.deepEqual(formatChoice({ json: true, template: "x" }), {
    ok: false,
    error: "json format does not support template option.",
  });
});
