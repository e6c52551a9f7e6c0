import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { duration, int, list, map, pointer, string, struct } from "../shape.ts";
import { renderTemplate, TemplateError } from "./template.ts";

const stub = struct("api.JobListStub", {
  ID: string,
  Priority: int,
  Meta: map(string),
  Wait: duration,
  Periodic: pointer(struct("api.PeriodicConfig", { Spec: string })),
});
const shape = list(pointer(stub));
const jobs = [
  { ID: "cache", Priority: 50, Meta: { owner: "ann", team: "web" }, Wait: 30e9, Periodic: null },
  { ID: "cron", Priority: 80, Meta: null, Wait: 0, Periodic: { Spec: "@daily" } },
];

const rendered = (template: string, value: unknown = jobs) => renderTemplate(template, { shape, value });
const one = (template: string) => renderTemplate(template, { shape: pointer(stub), value: jobs[0] });

function refusal(template: string, value: unknown = jobs): string {
  try {
    renderTemplate(template, { shape, value });
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
  return assert.fail("no error");
}

test("text stands as it is, fields are filled in", () => {
  assert.equal(rendered("{{range .}}{{.ID}} {{.Priority}}\n{{end}}"), "cache 50\ncron 80\n");
  assert.equal(one("{{.Meta.owner}} waits {{.Wait}}"), "ann waits 30s");
  assert.equal(one('{{"a\\tb"}}{{`c\\d`}}{{1}}{{-2.5}}{{true}}'), "a\tbc\\d1-2.5true");
});

test("dashes in the marks take white space away", () => {
  assert.equal(one("a  {{- .ID -}}  \n b"), "acacheb");
  assert.equal(one("a{{/* nothing */}}b {{- /* c */ -}} d"), "abd");
});

test("if, else if, else and with choose", () => {
  const template = "{{range .}}{{if gt .Priority 70}}high{{else if eq .ID `cache`}}cache{{else}}low{{end}},{{end}}";
  assert.equal(rendered(template), "cache,high,");
  assert.equal(rendered("{{range .}}{{with .Periodic}}{{.Spec}}{{else}}none{{end}} {{end}}"), "none @daily ");
  assert.equal(rendered("{{range .}}x{{else}}empty{{end}}", null), "empty");
});

test("variables hold values, also over a range's turns", () => {
  assert.equal(rendered("{{range $i, $job := .}}{{$i}}={{$job.ID}} {{end}}"), "0=cache 1=cron ");
  assert.equal(rendered("{{$n := 0}}{{range .}}{{$n = .Priority}}{{end}}{{$n}} {{len $}}"), "80 2");
  assert.equal(one("{{range $key, $value := .Meta}}{{$key}}:{{$value}};{{end}}"), "owner:ann;team:web;");
});

test("functions take what the pipe hands them last", () => {
  assert.equal(rendered('{{len . | printf "%d jobs"}}'), "2 jobs");
  assert.equal(rendered("{{(index . 1).ID}} {{index . 0 | print}}").slice(0, 6), "cron &");
  assert.equal(one('{{index .Meta "team"}}'), "web");
  assert.equal(one('{{printf "%-6s|%3d|%q|%v" .ID .Priority .ID .Wait}}'), 'cache | 50|"cache"|30s');
  assert.equal(one('{{printf "%.2f %5.1f %x %t" 2.5 2.25 "hi" true}}'), "2.50   2.3 6869 true");
  assert.equal(one('{{printf "%d" "x"}}{{printf "%s"}}'), "%!d(string=x)%!s(MISSING)");
  assert.equal(one("{{and .ID .Priority}} {{or .Periodic .ID}} {{not .Meta}}"), "50 cache false");
  assert.equal(one('{{println "a" 1}}'), "a 1\n");
});

test("comparisons know strings, numbers and more than one candidate", () => {
  assert.equal(
    one('{{eq .ID "x" "cache"}} {{ne .Priority 50}} {{lt .Priority 51}} {{ge .ID "b"}} {{le 2 1}}'),
    "true false true true false",
  );
});

test("whole values are shown as Go shows them", () => {
  assert.equal(one("{{.Meta}}"), "map[owner:ann team:web]");
  assert.equal(one("{{.}}"), "&{cache 50 map[owner:ann team:web] 30s <nil>}");
  assert.equal(one("{{.Meta.nobody}}"), "<no value>");
});

test("a template that cannot be read is refused with its line", () => {
  const cases: [string, string][] = [
    ["{{.ID", "template: format:1: unclosed action"],
    ["\n{{range .}}", "template: format:2: unexpected EOF"],
    ["{{end}}", "template: format:1: unexpected {{end}}"],
    ["{{foo .}}", 'template: format:1: function "foo" not defined'],
    ["{{$x}}", 'template: format:1: undefined variable "$x"'],
    ["{{if}}x{{end}}", "template: format:1: missing value for if"],
    ["{{}}", "template: format:1: missing value for command"],
    ["{{@}}", "template: format:1: unrecognized character in action: U+0040 '@'"],
    ['{{"x}}', "template: format:1: unterminated quoted string"],
    ["{{(.ID}}", "template: format:1: unclosed left paren"],
    ["{{.ID)}}", "template: format:1: unexpected right paren"],
  ];
  for (const [template, message] of cases) assert.equal(refusal(template), message);
});

test("a template that asks for what is not there is refused with its place and type", () => {
  const cases: [string, string][] = [
    [
      "{{.Foo}}",
      'template: format:1:2: executing "format" at <.Foo>: can\'t evaluate field Foo in type []*api.JobListStub',
    ],
    [
      "{{range .}}\n {{.Bar}}{{end}}",
      'template: format:2:3: executing "format" at <.Bar>: can\'t evaluate field Bar in type *api.JobListStub',
    ],
    [
      "{{(index . 0).Periodic.Spec}}",
      'template: format:1:2: executing "format" at <(index . 0).Periodic.Spec>: nil pointer evaluating *api.PeriodicConfig.Spec',
    ],
    [
      "{{index . 7}}",
      'template: format:1:2: executing "format" at <index . 7>: error calling index: index out of range: 7',
    ],
    [
      "{{eq 1 `a`}}",
      'template: format:1:2: executing "format" at <eq 1 `a`>: error calling eq: incompatible types for comparison',
    ],
    ["{{len 3}}", 'template: format:1:2: executing "format" at <len 3>: error calling len: len of type int'],
    ["{{not}}", 'template: format:1:2: executing "format" at <not>: wrong number of args for not: want 1 got 0'],
  ];
  for (const [template, message] of cases) assert.equal(refusal(template), message);
});

test("keys of maps are data, also such as the platform's objects have", () => {
  const value = { ID: "x", Meta: JSON.parse('{"__proto__":"p","constructor":"c"}') };
  const show = (template: string) => renderTemplate(template, { shape: pointer(stub), value });
  assert.equal(show("{{.Meta.__proto__}} {{.Meta.constructor}} {{.Meta.toString}}"), "p c <no value>");
  assert.throws(() => show("{{.constructor}}"), TemplateError);
});

test("no text makes the engine fail otherwise than by a template error", () => {
  const piece = fc.constantFrom(
    "{{",
    "}}",
    "{{-",
    "range",
    " . ",
    ".ID",
    "$x",
    ":=",
    "|",
    "(",
    ")",
    "end",
    "if",
    "else",
    '"',
    "index",
    "1",
    "\n",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 12 }), (pieces) => {
      try {
        rendered(pieces.join(""));
      } catch (error) {
        assert.ok(error instanceof TemplateError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
