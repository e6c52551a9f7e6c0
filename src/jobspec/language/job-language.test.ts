import assert from "node:assert";
import { describe, test } from "node:test";
import { formatHCL, HCLError } from "../../hcl/index.ts";
import type { Job } from "../../model/index.ts";
import { parseJob } from "../parse-job.ts";
import { loneTasks, webShop } from "../testing/sample-jobs.ts";
import type { InputValues } from "./input-values.ts";

/** A job with a task whose environment is given. */
function withEnv(env: string, before = ""): string {
  return `${before}
job "j" {
  datacenters = ["dc1"]
  group "g" {
    task "t" {
      driver = "exec"
      env {
        ${env}
      }
      resources {}
    }
  }
}
`;
}

const given = (inputs: Partial<InputValues>): InputValues => ({
  environment: {},
  files: [],
  assignments: [],
  strict: true,
  ...inputs,
});

function envOf(job: Job) {
  return job.TaskGroups[0]!.Tasks[0]!.Env;
}

function env(lines: string, before = "", inputs: Partial<InputValues> = {}) {
  return envOf(parseJob(withEnv(lines, before), "test.nomad", { inputs: given(inputs) }));
}

function problems(text: string, inputs: Partial<InputValues> = {}): string[] {
  try {
    parseJob(text, "test.nomad", { inputs: given(inputs) });
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    return error.diagnostics.map(({ file, line, message, hint }) => `${file}:${line}: ${message} | ${hint ?? ""}`);
  }
  return assert.fail("the job file was accepted");
}

describe("a file of HCL 1 means what it has always meant", () => {
  test("strings keep what looks like an expression but uses nothing of HCL 2", () => {
    const lines = 'A = "${FOO:-bar}" B = "$${NOMAD_PORT_x}" C = "${1}" D = "%{http_code}" E = "\\x41\\101" F = 010';
    assert.deepEqual(env(lines), {
      A: "${FOO:-bar}",
      B: "$${NOMAD_PORT_x}",
      C: "${1}",
      D: "%{http_code}",
      E: "AA",
      F: "8",
    });
  });

  test("names of a shell's variables are no names of HCL 2", () => {
    const lines = 'A = "for var in a b; do echo ${var} ${local}; done"';
    const expected = { A: "for var in a b; do echo ${var} ${local}; done" };
    assert.deepEqual(env(lines), expected);
    assert.deepEqual(env(`${lines} B = "\${[for var in [1] : "x\${var}"][0]}"`, "locals { a = 1 }"), {
      ...expected,
      B: "x1",
    });
    const options = { onlyHCL1: true };
    assert.deepEqual(parseJob(withEnv(lines), "t"), parseJob(withEnv(lines), "t", options));
  });

  test("what is the same in both is read alike, as HCL 1 and as HCL 2", () => {
    for (const text of [webShop, loneTasks]) {
      const marked = `locals {}\n${text}`;
      assert.deepEqual(parseJob(marked, "test.nomad"), parseJob(text, "test.nomad"));
    }
  });

  test("on request expressions are refused, or stay text", () => {
    const options = { onlyHCL1: true };
    assert.equal(envOf(parseJob(withEnv('A = "${upper("x")}"'), "t", options)).A, '${upper("x")}');
    assert.throws(() => parseJob(withEnv("A = 1 + 1"), "t", options), HCLError);
    assert.throws(() => parseJob(withEnv("", 'variable "x" {}'), "t", options), { message: /invalid key: variable/ });
  });
});

describe("variables", () => {
  const declared = `
variable "image" {
  type        = string
  default     = "redis:7"
  description = "What to run"
}
variable "count" {
  type    = number
  default = 1
  validation {
    condition     = var.count > 0
    error_message = "must be above 0, not \${var.count}"
  }
}
variable "ports" {
  type    = list(object({ name = string, port = number }))
  default = []
}
`;
  const lines =
    'IMAGE = var.image\nCOUNT = "${var.count}"\nPORTS = join(",", [for p in var.ports : "${p.name}:${p.port}"])';

  test("have defaults", () => {
    assert.deepEqual(env(lines, declared), { IMAGE: "redis:7", COUNT: "1", PORTS: "" });
  });

  test("are given by the environment, by files and by flags, each stronger than the one before", () => {
    const environment = { NOMAD_VAR_image: "from-env", NOMAD_VAR_count: "2", NOMAD_VAR_other: "x" };
    const files = [
      { name: "a.vars", text: 'image = "from-a"\ncount = 3\n' },
      { name: "b.json", text: '{"count": 4, "ports": [{"name": "http", "port": "80"}]}' },
    ];
    assert.deepEqual(env(lines, declared, { environment }), { IMAGE: "from-env", COUNT: "2", PORTS: "" });
    assert.deepEqual(env(lines, declared, { environment, files }), { IMAGE: "from-a", COUNT: "4", PORTS: "http:80" });
    const assignments = ["image=a=b", 'ports=[{ name = "x", port = 1 + 1 }]'];
    assert.deepEqual(env(lines, declared, { environment, files, assignments }), {
      IMAGE: "a=b",
      COUNT: "4",
      PORTS: "x:2",
    });
  });

  test("that are not declared are refused, unless that is not wanted", () => {
    const inputs = { assignments: ["imag=x"], files: [{ name: "v.hcl", text: "zzzzzzzzz = 1\n" }] };
    assert.deepEqual(problems(withEnv("", declared), inputs), [
      'v.hcl:1: the job file declares no variable "zzzzzzzzz" | The job file declares: image, count, ports',
      '-var:1: the job file declares no variable "imag" | Did you mean "image"?',
    ]);
    assert.deepEqual(problems(withEnv(""), { assignments: ["a=1"] }), [
      '-var:1: the job file declares no variable "a" | The job file declares no variables',
    ]);
    assert.equal(env(lines, declared, { ...inputs, strict: false }).IMAGE, "redis:7");
  });

  test("must be of their type, meet their conditions, and have a value", () => {
    const assignments = ["count=many", "ports=[{ name = 1 }]"];
    assert.deepEqual(problems(withEnv(lines, `${declared}variable "must" {}\n`), { assignments }), [
      '-var:1: the variable "count" is of type number: a number is required, not "many" | ',
      '-var:1: the variable "ports" is of type list(object({name = string, port = number})): the member "port" is required | ',
      'test.nomad:19: there is no value for the variable "must" | Give it with -var must=…, with -var-file or NOMAD_VAR_must, or give it a default',
    ]);
    assert.deepEqual(problems(withEnv("", declared), { assignments: ["count=-1"] }), [
      'test.nomad:11: the variable "count" is refused: must be above 0, not -1 | ',
    ]);
  });

  test("are refused where a file has values that cannot be, or is too long", () => {
    const refused = (text: string) => problems(withEnv("", declared), { files: [{ name: "v.json", text }] });
    assert.deepEqual(refused('{"count": 1e999}'), [
      'v.json:1: the value of "count": the result is no finite number | ',
    ]);
    assert.deepEqual(refused(`{"ports": ${"[".repeat(66)}${"]".repeat(66)}}`), [
      'v.json:1: the value of "ports": it nests deeper than 64 levels | ',
    ]);
    const inputs = given({ files: [{ name: "v.vars", text: `image = "x"${" ".repeat(2000)}` }] });
    assert.equal(parseJob(withEnv("", declared), "t", { inputs, longest: 5000 }).Name, "j");
    assert.throws(() => parseJob(withEnv("", declared), "t", { inputs, longest: 2000 }), {
      message: /the text is longer than 2000 characters/,
    });
  });

  test("are told of no more than can be read", () => {
    const many = Array.from({ length: 3000 }, (_, at) => `unheard_of_${at} = 1`).join("\n");
    const others = Array.from({ length: 30 }, (_, at) => `v${at} = 1`).join("\n");
    const found = problems(withEnv("", `variables {\n${others}\n}`), { files: [{ name: "v", text: many }] });
    assert.equal(found.length, 20);
    assert.match(found[0]!, /The job file declares: v0, v1, .*v11, …$/);
  });

  test("may be declared in short, and not twice", () => {
    assert.deepEqual(env('A = "${var.a}${var.b}"', "variables {\n  a = 1\n  b = [2][0]\n}"), { A: "12" });
    assert.deepEqual(problems('variable "a" { default = 1 }\nvariable "a" { default = 2 }\njob "j" {}'), [
      'test.nomad:2: the variable "a" is declared twice | The first is at 1:1',
    ]);
  });

  test("are refused where they are declared wrongly", () => {
    assert.deepEqual(
      problems('variable "a" { defualt = 1 }\nvariable {}\nvariable "b" { type = text }\njob "j" {}').slice(0, 3),
      [
        'test.nomad:1: variable "a": invalid key: defualt | Did you mean "default"?',
        'test.nomad:2: a variable has one name: variable "name" { … } | ',
        "test.nomad:3: a type is expected | Types are string, number, bool, any, list, set, map, object, tuple: list(string), object({ name = string })",
      ],
    );
  });

  test("have optional members without values of their own", () => {
    const declared = (type: string) => `variable "a" {\n  type = object({ b = ${type} })\n  default = {}\n}`;
    assert.deepEqual(env("A = coalesce(var.a.b, 3)", declared("optional(number)")), { A: "3" });
    for (const wrong of ["optional(number, 3)", "optional()"]) {
      assert.deepEqual(problems(withEnv("", declared(wrong))), [
        "test.nomad:2: optional takes the member's type and nothing else | " +
          "A member that is left out is null: coalesce(var.name.member, …) gives it another value",
      ]);
    }
  });
});

describe("locals", () => {
  test("build on variables and on one another, in any order", () => {
    const before =
      'variable "n" { default = 2 }\nlocals {\n  c = local.b + 1\n  b = var.n * 10\n}\nlocals { d = "${local.c}!" }';
    assert.deepEqual(env("D = local.d", before), { D: "21!" });
  });

  test("do not build on themselves", () => {
    assert.match(
      problems(withEnv("", "locals {\n  a = local.b\n  b = local.a\n}"))[0]!,
      /the local "a" is defined by itself/,
    );
  });

  test("are wrong also where somebody tries them", () => {
    const undefinedName = /^test.nomad:2: There is no "nope" here/;
    for (const attempt of ["try(local.b, 1)", "can(local.b)"]) {
      const found = problems(withEnv('A = "x${local.b}"', `locals { a = ${attempt}\n b = nope }`));
      assert.equal(found.length, 1);
      assert.match(found[0]!, undefinedName);
    }
  });

  test("are suggested", () => {
    assert.match(
      problems(withEnv("A = local.nmae", "locals { name = 1 }"))[0]!,
      /There is no local "nmae" \| Did you mean "name"\?/,
    );
    assert.match(
      problems(withEnv('A = "${vars.name}"', 'variable "name" { default = 1 }'))[0]!,
      /Did you mean "var.name"\?/,
    );
  });

  test("may be long, but not without end", () => {
    const chain = Array.from({ length: 60 }, (_, at) => `  a${at + 1} = "\${local.a${at}}\${local.a${at}}"`).join("\n");
    assert.match(
      problems(withEnv("A = local.a60", `locals {\n  a0 = "ten letters"\n${chain}\n}`))[0]!,
      /takes more than 500000 steps/,
    );
    const shared = Array.from({ length: 60 }, (_, at) => `  a${at + 1} = [local.a${at}, local.a${at}]`).join("\n");
    const locals = `locals {\n  a0 = [1]\n${shared}\n  x = local.a60 == local.a60\n}`;
    assert.match(problems(withEnv("", locals))[0]!, /takes more than 500000 steps/);
    const deep = Array.from({ length: 5000 }, (_, at) => `  a${at} = [local.a${at + 1}]`).join("\n");
    assert.match(
      problems(withEnv("", `locals {\n${deep}\n  a5000 = 1\n}`))[0]!,
      /goes deeper than 400 levels|nests deeper/,
    );
    const nested = Array.from({ length: 5000 }, (_, at) => `  a${at + 1} = [local.a${at}]`).join("\n");
    assert.match(problems(withEnv("", `locals {\n  a0 = 1\n${nested}\n}`))[0]!, /a value nests deeper than 64 levels/);
  });
});

test("ports and groups by dynamic blocks", () => {
  const text = `
variable "shards" { default = ["a", "b"] }
job "j" {
  datacenters = ["dc1"]
  dynamic "group" {
    for_each = var.shards
    iterator = shard
    labels   = ["shard-\${shard.value}"]
    content {
      count = shard.key + 1
      task "t" {
        driver = "exec"
        config {
          command = "/bin/x"
          args    = ["--port", "\${NOMAD_PORT_http}", upper(shard.value)]
        }
        resources {
          network {
            mbits = 1
            port "http" { static = 8000 + shard.key }
          }
        }
      }
    }
  }
}`;
  const groups = parseJob(text, "test.nomad").TaskGroups;
  assert.deepEqual(
    groups.map(({ Name, Count, Tasks: [task] }) => [
      Name,
      Count,
      task!.Config.args,
      task!.Resources?.Networks[0]?.ReservedPorts[0]?.Value,
    ]),
    [
      ["shard-a", 1, ["--port", "${NOMAD_PORT_http}", "A"], 8000],
      ["shard-b", 2, ["--port", "${NOMAD_PORT_http}", "B"], 8001],
    ],
  );
});

test("all that is wrong in blocks far from one another is told at once", () => {
  const text = `
job "j" {
  datacentres = ["dc1"]
  group "a" {
    cuont = 2
    task "t" {
      driver = "exec"
      config { comand = "x" }
      resources { cpu = "much" }
    }
  }
  group "b" {
    restart { atempts = 1 }
  }
}`;
  assert.deepEqual(
    problems(text).map((problem) => problem.replace(/ \|.*/, "")),
    [
      "test.nomad:3: job: invalid key: datacentres",
      "test.nomad:5: group: 'a' -> invalid key: cuont",
      `test.nomad:8: group: 'a', task: 't', config -> field "command" is required`,
      `test.nomad:8: group: 'a', task: 't', config -> "comand" is an invalid field`,
      "test.nomad:9: cannot parse 'CPU' as int: strconv.ParseInt: parsing \"much\": invalid syntax",
      "test.nomad:13: group: 'b', restart -> invalid key: atempts",
    ],
  );
});

test("of more mistakes than can be read the first 20 are told", () => {
  const keys = Array.from({ length: 9000 }, (_, at) => `datacentre${at} = 1`).join("\n");
  const texts = [
    `job "j" {\n${keys}\n}`,
    `job "j" {\n${Array.from({ length: 500 }, (_, at) => `group "g${at}" { cuont = 1\n x = 2 }`).join("\n")}\n}`,
    withEnv(Array.from({ length: 500 }, (_, at) => `A${at} = []`).join("\n")),
  ];
  for (const text of texts) assert.equal(problems(text).length, 20);
});

test("after a mistake the rest of the file is read too", () => {
  const text =
    'job "j" {\n  datacenters = ["dc1"\n  group "g" {\n    count = = 2\n    task "t" {\n      driver = exec:\n    }\n  }\n}\n}\n';
  assert.deepEqual(
    problems(text).map((problem) => problem.split(" | ")[0]),
    [
      "test.nomad:3: error parsing list, expected comma or list end, got: IDENT",
      "test.nomad:4: a value is expected after ASSIGN got: ASSIGN",
      "test.nomad:6: expected: IDENT",
      "test.nomad:10: expected: IDENT",
    ],
  );
});

test("a job file that is formatted is the same job", () => {
  for (const text of [webShop, loneTasks]) {
    const formatted = formatHCL(text, "test.nomad");
    assert.deepEqual(parseJob(formatted, "test.nomad"), parseJob(text, "test.nomad"));
    assert.equal(formatHCL(formatted, "test.nomad"), formatted);
  }
});
