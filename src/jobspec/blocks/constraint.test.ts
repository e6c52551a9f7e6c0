import assert from "node:assert";
import { test } from "node:test";
import { constraintText, validateJob } from "../../model/index.ts";
import { HCLError, renderDiagnostic } from "../index.ts";
import { parseJob } from "../parse-job.ts";

const rack = 'attribute = "${meta.rack}"';
const inJob = (inside: string) => `job "j" {\n  constraint { ${inside} }\n}`;
const inGroup = (inside: string) => `job "j" { group "g" {\n  constraint { ${inside} }\n} }`;
const inTask = (inside: string) => `job "j" { group "g" { task "t" { resources {}\n  constraint { ${inside} }\n} } }`;

function read(text: string): string[] {
  const { Constraints, TaskGroups } = parseJob(text, "test.nomad");
  const inGroups = TaskGroups.flatMap((group) => [group, ...group.Tasks].flatMap((one) => one.Constraints));
  return [...Constraints, ...inGroups].map(constraintText);
}

/** What a person is shown, without the excerpt. */
function shown(text: string): string[] {
  try {
    parseJob(text, "test.nomad");
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    return error.diagnostics.flatMap((found) => renderDiagnostic(found).split("\n").toSpliced(1, 2));
  }
  throw new Error(`${text} was read`);
}

const shortForms: [string, string][] = [
  [`${rack} version = ">= 1.2"`, "${meta.rack} version >= 1.2"],
  [`${rack} semver = ">= 1.2.0-beta"`, "${meta.rack} semver >= 1.2.0-beta"],
  [`${rack} regexp = "^r"`, "${meta.rack} regexp ^r"],
  [`${rack} set_contains = "a,b"`, "${meta.rack} set_contains a,b"],
  [`${rack} set_contains_all = "a,b"`, "${meta.rack} set_contains_all a,b"],
  [`${rack} set_contains_any = "a,b"`, "${meta.rack} set_contains_any a,b"],
  [`${rack} operator = "is_set"`, "${meta.rack} is_set "],
  [`${rack} operator = ">" value = 9`, "${meta.rack} > 9"],
];

const comparing: [string, string][] = [
  ['distinct_property = "${meta.rack}"', "${meta.rack} distinct_property "],
  ['distinct_property = "${meta.rack}" value = 2', "${meta.rack} distinct_property 2"],
  [`operator = "distinct_property" ${rack} value = "2"`, "${meta.rack} distinct_property 2"],
  ["distinct_hosts = true", " distinct_hosts "],
];

test("a key may stand for an operator and its value, in a job, a group and a task", () => {
  for (const [inside, text] of shortForms) {
    for (const place of [inJob, inGroup, inTask]) assert.deepEqual(read(place(inside)), [text]);
  }
});

test("an affinity has the same short forms, but for what compares allocations", () => {
  const affinity = (inside: string) => parseJob(`job "j" { affinity { ${inside} } }`, "test.nomad").Affinities;
  for (const [inside, text] of shortForms) assert.deepEqual(affinity(inside).map(constraintText), [text]);
  for (const key of ["distinct_hosts", "distinct_property"]) {
    const [message] = shown(`job "j" {\n  affinity { ${key} = true }\n}`);
    assert.equal(message, `test.nomad:2:14: affinity -> invalid key: ${key}`);
  }
});

test("allocations are compared in a job and a group", () => {
  for (const [inside, text] of comparing) {
    for (const place of [inJob, inGroup]) assert.deepEqual(read(place(inside)), [text]);
  }
});

test("a job file in JSON says the same with the same keys", () => {
  const constraint = [
    { attribute: "${meta.rack}", set_contains_any: "a,b" },
    { distinct_property: "${meta.rack}", value: 2 },
    { attribute: "${meta.rack}", semver: ">= 1" },
  ];
  assert.deepEqual(read(JSON.stringify({ job: { j: { constraint } } })), [
    "${meta.rack} set_contains_any a,b",
    "${meta.rack} distinct_property 2",
    "${meta.rack} semver >= 1",
  ]);
});

test("what no node could meet is refused in its place", () => {
  const cases: [string, ...string[]][] = [
    [
      `${rack} operator = ▸"set_contain" value = "a"`,
      'Unknown constraint type "set_contain"',
      'Did you mean "set_contains"?',
    ],
    [rack, 'Operator "=" requires an RTarget'],
    ['value = "a"', "No LTarget provided but is required by constraint"],
    [`${rack} semver = ▸"~> 1.2"`, "Semver constraint is invalid: Malformed constraint: ~> 1.2"],
    [`${rack} set_contains_any = ▸""`, "Set contains constraint requires an RTarget"],
    [`${rack} operator = "is_set" value = ▸"yes"`, 'Operator "is_set" does not support an RTarget'],
    [
      'distinct_property = "${meta.rack}" value = ▸0',
      'Distinct Property must have an allowed count of 1 or greater; got "0"',
    ],
    [
      `${rack} version = ">= 1" regexp = ▸"a"`,
      "only one of version, regexp, semver, set_contains, set_contains_all, set_contains_any, distinct_hosts, " +
        "distinct_property allowed in a block",
      "Write a block for each",
    ],
  ];
  for (const [marked, message, ...hint] of cases) {
    const [, line = ""] = inJob(marked).split("\n");
    const column = 1 + line.indexOf(marked.includes("▸") ? "▸" : "{");
    assert.deepEqual(shown(inJob(marked.replace("▸", ""))), [
      `test.nomad:2:${column}: constraint -> ${message}`,
      ...hint.map((text) => `  ${text}`),
    ]);
  }
});

test("an operator that resembles none is answered with those there are", () => {
  const [, hint] = shown(inJob(`${rack} operator = "smaller than or equal" value = "a"`));
  assert.match(hint ?? "", /^ {2}Known here: =, ==, is, .*distinct_property$/);
});

test("a task cannot compare allocations", () => {
  for (const [inside, text] of comparing) {
    const [message, hint] = shown(inTask(inside));
    assert.match(message ?? "", /^test\.nomad:2:\d+: .*'t', constraint -> disallowed Operand at task level: distinct_/);
    assert.equal(hint, "  It belongs in the group or the job", text);
  }
});

test("an expression that cannot be read is told with all that is wrong with the job", () => {
  for (const [inside, message] of [
    [`${rack} regexp = "("`, /Constraint 1 validation failed:.*Regular expression failed to compile/s],
    [`${rack} version = "abc"`, /Constraint 1 validation failed:.*Version constraint is invalid/s],
  ] as const) {
    assert.match(validateJob(parseJob(inJob(inside), "test.nomad")) ?? "", message);
  }
});
