import assert from "node:assert";
import { describe, test } from "node:test";
import fc from "fast-check";
import { renderDiagnostic } from "../diagnostic.ts";
import { HCLError } from "../hcl-error.ts";
import { evaluated, type Given, valueOfExpression } from "../testing/evaluated.ts";
import type { Value } from "./value.ts";

const values: Record<string, Value> = {
  name: "web",
  count: 3n,
  list: ["a", "b", "c"],
  ports: [new Map<string, Value>([["n", 1n]]), new Map<string, Value>([["n", 2n]])],
  map: new Map<string, Value>([
    ["b", 2n],
    ["a", 1n],
  ]),
};

function comesTo(cases: readonly (readonly [string, unknown])[]): void {
  for (const [expression, expected] of cases) {
    test(`${expression} is ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(valueOfExpression(expression, { values }), expected);
    });
  }
}

function failure(text: string, given: Given = {}): HCLError {
  try {
    evaluated(text, { values, ...given });
  } catch (error) {
    if (error instanceof HCLError) return error;
    throw error;
  }
  return assert.fail(`${text} was evaluated`);
}

describe("operators", () => {
  comesTo([
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["7 / 2", 3.5],
    ["6 / 2", 3],
    ["-7 % 4", -3],
    ["2 - -2", 4],
    ["1.5 + 1.5", 3],
    ['"4" + 1', 5],
    ["0.5 < 1 && !false", true],
    ["1 == 1.0", true],
    ['1 == "1"', false],
    ["[1, [2]] == [1, [2]]", true],
    ['true || "never asked"', true],
    ["1 > 2 ? 1 : 2 > 1 ? 3 : 4", 3],
    ["(\n  1\n  + 2\n)", 3],
  ]);
});

describe("members, indexes and splats", () => {
  comesTo([
    ["list[1]", "b"],
    ["list.1", "b"],
    ["map.a", 1],
    ['map["b"]', 2],
    ["ports[*].n", [1, 2]],
    ["ports.*.n", [1, 2]],
    ["ports[1].n", 2],
    ["name[*]", ["web"]],
    ["{ a = [1, 2] }.a[1]", 2],
  ]);
});

describe("loops", () => {
  comesTo([
    ["[for one in list : upper(one)]", ["A", "B", "C"]],
    ['[for index, one in list : index if one != "b"]', [0, 2]],
    ['[for key, value in map : "${key}${value}"]', ["a1", "b2"]],
    ["{ for one in list : one => length(one) }", [{ a: 1, b: 1, c: 1 }]],
    ['{ for one in ["x", "y", "xx"] : substr(one, 0, 1) => one... }', [{ x: ["x", "xx"], y: ["y"] }]],
    ["[for row in [[1], [2, 3]] : [for one in row : one * 2]]", [[2], [4, 6]]],
  ]);
});

describe("templates", () => {
  comesTo([
    ['"${name}-${count + 1}"', "web-4"],
    ['"${list}"', ["a", "b", "c"]],
    ['"$${name} %%{ if }"', "${name} %{ if }"],
    ['"$${attr.${name}} $${${count}_$${${name}}}"', "${attr.web} ${3_${web}}"],
    ['"$${a%{ if true }b%{ endif }} $${x ~} y"', "${ab} ${x ~} y"],
    ['"$${FOO:-\\"$${BAR}\\"}"', '${FOO:-"${BAR}"}'],
    [`"${"$${".repeat(40)}${"}".repeat(40)}"`, `${"${".repeat(33)}${"$${".repeat(7)}${"}".repeat(40)}`],
    ["<<E\n$${port_${name}}\nE\n", "${port_web}\n"],
    ['"%{ if count > 2 }many%{ else }few%{ endif }"', "many"],
    ['"%{ for one in list }${one},%{ endfor }"', "a,b,c,"],
    ['"[ %{~ if true ~} x %{~ endif ~} ]"', "[x]"],
    ['"${upper("a${lower("B")}")}"', "AB"],
    ['"%{http_code}"', "%{http_code}"],
    [
      "<<-END\n    one\n      %{ for i, one in list ~}\n      ${i}=${one}\n      %{ endfor ~}\n    two\n    END",
      "one\n  0=a\n  1=b\n  2=c\n  two\n",
    ],
  ]);
});

describe("what is known only at run time stays as it is", () => {
  comesTo([
    ['"${attr.kernel.name}"', "${attr.kernel.name}"],
    ['"${NOMAD_PORT_http}:${count}"', "${NOMAD_PORT_http}:3"],
    ['"${env["HOME"]}"', '${env["HOME"]}'],
    ["attr.unique.network.ip-address", "${attr.unique.network.ip-address}"],
    ['format("%s!", attr.cpu.arch)', "${attr.cpu.arch}!"],
    ['"${meta.rack[0].x}"', "${meta.rack[0].x}"],
  ]);
});

describe("blocks", () => {
  test("a dynamic block becomes a block for each element", () => {
    const text = `
      dynamic "port" {
        for_each = map
        labels   = [port.key]
        content {
          static = port.value + 8000
        }
      }
      dynamic "check" {
        for_each = list
        iterator = one
        content { name = "\${one.key}-\${one.value}" }
      }`;
    assert.deepEqual(evaluated(text, { values }), {
      port: [{ a: [{ static: 8001 }] }, { b: [{ static: 8002 }] }],
      check: [{ name: "0-a" }, { name: "1-b" }, { name: "2-c" }],
    });
  });

  test("dynamic blocks may be inside of dynamic blocks", () => {
    const text =
      'dynamic "a" {\n for_each = [1, 2]\n content {\n dynamic "b" {\n for_each = [a.value]\n content { v = a.value * b.value }\n }\n }\n}';
    assert.deepEqual(evaluated(text), { a: [{ b: [{ v: 1 }] }, { b: [{ v: 4 }] }] });
  });

  test("objects and lists of objects are blocks, and null is nothing", () => {
    const text = 'a = map\nb = [for one in list : { name = one }]\nc = null\nd = { (name) = 1, "${name}2" = 2 }';
    assert.deepEqual(evaluated(text, { values }), {
      a: [{ b: 2, a: 1 }],
      b: [{ name: "a" }, { name: "b" }, { name: "c" }],
      d: [{ web: 1, web2: 2 }],
    });
  });
});

describe("what is wrong is said with its place and with what was meant", () => {
  const cases: [string, string, string?][] = [
    ["x = nmae", '1:5: There is no "nmae" here', 'Did you mean "name"?'],
    ["x = dc1", '1:5: There is no "dc1" here', "A string needs double quotes"],
    ["x = map.zebra", '1:5: The object has no "zebra"', "Known here: b, a"],
    ['x = "${map["zebra"]}"', '1:12: The object has no "zebra"', "Known here: b, a"],
    ["x = list[3]", "1:10: There is no element 3 in a list of 3"],
    ["x = uper(name)", '1:5: There is no function "uper"', 'Did you mean "upper"?'],
    ["x = upper()", "1:5: upper takes 1 parameter, not 0"],
    ["x = upper(list)", "1:11: upper: a string is required, not a list", "join and jsonencode make a string of it"],
    ["x = 1 + name", '1:9: a number is required, not "web"'],
    ["x = attr.cores + 1", '1:5: a number is required, not "${attr.cores}"', "What is known only at run time"],
    ["x = 1 / 0", "1:9: division by zero"],
    ['x = "a ${list}"', "1:10: a string is required, not a list"],
    ["x = list ? 1 : 2", "1:5: true or false is required, not a list"],
    ["x = { for one in [1, 1] : one => one }", '1:27: two values for the key "1"', 'With "..." behind'],
    ['x = "${FOO:-bar}"', '1:11: "}" is expected, and not COLON', "To pass it on as it is, write $${…}"],
    ['x = "%{ if true }y"', "1:6: %{ endif } is missing"],
    ['dynamic "a" {}', "1:1: a dynamic block needs for_each"],
  ];
  for (const [text, message, hint = ""] of cases) {
    test(`${text}: ${message}`, () => {
      const [found] = failure(text).diagnostics;
      const lines = renderDiagnostic(found!).split("\n");
      assert.equal(lines[0], `test.hcl:${message}`);
      assert.ok((lines[3] ?? "").startsWith(hint === "" ? "" : `  ${hint}`), lines[3]);
    });
  }

  test("all of it at once", () => {
    const { diagnostics } = failure("a = nope\nb {\n  c = upper()\n}\nd = 1\ne = 1 / 0");
    assert.deepEqual(
      diagnostics.map(({ line }) => line),
      [1, 3, 6],
    );
  });
});

describe("no text makes work without end", () => {
  const bombs: [string, string][] = [
    ["nested loops", "x = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]"],
    ["doubling strings", `x = ${'join("", [for i in range(100) : '.repeat(6)}"x"${"])".repeat(6)}`],
    ["products", `x = setproduct(${Array(12).fill("range(10)").join(", ")})`],
    ["ranges", "x = range(1e18)"],
    ["spaces", 'x = indent(1e15, "a\\nb")'],
    ["replacing", `x = ${"replace(".repeat(30)}"a"${', "a", "aaaaaaaa")'.repeat(30)}`],
    [
      "nested dynamic blocks",
      `${'dynamic "b" {\n for_each = range(99)\n content {\n'.repeat(8)}x = 1\n${"}\n}\n".repeat(8)}`,
    ],
    ["powers", "x = pow(10, 100000)"],
    ["numbers", `x = ${"9".repeat(300)} * ${"9".repeat(300)}`],
    ["products with an empty list", "x = [for i in range(9) : setproduct(range(1000), range(1000), range(1000))]"],
    ["groups of one key", 'x = [for i in range(99) : { for n in range(9000) : "a" => n... }]'],
    ["formats of nothing", 'x = format(join("", [for i in range(9000) : "%.0[1]s"]), join("", range(90000)))'],
    ["searches", 'x = replace(join("", range(50000)), join("", range(40000)), "")'],
    ...["strrev", "title", "trimspace", "strlen", "chomp", "md5"].map((name): [string, string] => [
      name,
      `x = [for long in [join("", range(20000))] : [for i in range(9000) : ${name}(long)]]`,
    ]),
    ...[
      "reverse(l)",
      "slice(l, 0, 9000)",
      "sort(l)",
      "compact(l)",
      "chunklist(l, 2)",
      "zipmap(l, l)",
      "setunion(l)",
    ].map((call): [string, string] => [
      call,
      `x = [for l in [range(9000)] : [for i in range(9000) : length(${call})]]`,
    ]),
  ];
  for (const [name, text] of bombs) {
    test(name, { timeout: 5_000 }, () => {
      assert.match(failure(text).message, /takes more than 500000 steps|too large|no finite number/);
    });
  }

  /** What is in it shares all its halves: going through it takes 2 to the power of the levels. */
  const shared = (levels: number) =>
    Array.from({ length: levels }).reduce<readonly Value[]>((below) => [below, below], [1n]);
  const walkers: [string, string][] = [
    ["comparing", "x = [for i in range(1000) : dag == dag]"],
    ["distinct", "x = [for i in range(1000) : length(distinct([dag, dag]))]"],
    ["sets", "x = [for i in range(1000) : length(setunion([dag, dag]))]"],
    ["contains", "x = [for i in range(1000) : contains([dag], dag)]"],
    ["JSON", "x = [for i in range(1000) : strlen(jsonencode(dag))]"],
    ["YAML", "x = [for i in range(1000) : strlen(yamlencode(dag))]"],
    ["converting", `x = [for i in range(1000) : length(convert(dag, ${"list(".repeat(16)}string${")".repeat(16)}))]`],
    ["blocks", Array.from({ length: 20 }, (_, at) => `x${at} = dag`).join("\n")],
    ["blocks of objects", Array.from({ length: 20 }, (_, at) => `x${at} = { a = dag }`).join("\n")],
  ];
  for (const [name, text] of walkers) {
    test(`${name}, of what is shared`, { timeout: 5_000 }, () => {
      assert.match(failure(text, { values: { dag: shared(15) } }).message, /takes more than 500000 steps/);
    });
  }

  test("what is shared without end is refused where it is made", { timeout: 5_000 }, () => {
    for (const x of ["dag", "dag == dag", "length(dag)", "[for one in dag : one]", "dag[*]"]) {
      assert.match(failure(`x = ${x}`, { values: { dag: shared(60) } }).message, /takes more than 500000 steps/);
    }
    assert.equal(valueOfExpression("length(dag)", { values: { dag: shared(15) } }), 2);
  });

  test("an empty list among others makes an empty product", { timeout: 5_000 }, () => {
    assert.deepEqual(valueOfExpression("setproduct(range(1000), range(1000), range(1000), [])"), []);
  });

  test("how deep an expression goes is limited", () => {
    assert.match(failure(`x = ${"(".repeat(10_000)}`).message, /nest deeper/);
    assert.match(failure(`x = ${"!".repeat(10_000)}true`).message, /nest deeper/);
    assert.match(failure(`x = 1${" + 1".repeat(10_000)}`).message, /too long/);
    assert.match(failure(`x = list${"[0]".repeat(10_000)}`).message, /too long/);
    assert.match(failure(`x = ${"true ? 1 : ".repeat(10_000)}1`).message, /nest deeper/);
    assert.match(failure(`x = ${"[".repeat(10_000)}`).message, /nest deeper/);
    assert.match(failure(`x = ${'"${'.repeat(1_000)}1${'}"'.repeat(1_000)}`).message, /nest|terminated|expected|depth/);
  });
});

test("whole numbers are counted exactly", () => {
  const whole = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
  fc.assert(
    fc.property(whole, whole, fc.constantFrom("+", "-", "*"), (a, b, operator) => {
      const exact = operator === "+" ? a + b : operator === "-" ? a - b : a * b;
      assert.equal(valueOfExpression(`"\${${a} ${operator} ${b} == ${exact}}"`), true);
    }),
  );
});

test("any text in quotes, escaped, is that text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const escaped = JSON.stringify(text.toWellFormed()).replaceAll("${", "$${").replaceAll("%{", "%%{");
      assert.equal(valueOfExpression(escaped), text.toWellFormed());
    }),
  );
});

test("what fails within a try is paid for: to say what is wrong is more work than most that goes well", () => {
  const loop = (attempt: string) => `x = [for i in range(2000) : ${attempt}]`;
  assert.throws(() => evaluated(loop("can(nope)"), { steps: 20_000 }), /takes more than 20000 steps/);
  assert.throws(() => evaluated(loop("try(nope, 1)"), { steps: 20_000 }), /takes more than 20000 steps/);
  const { x } = evaluated(loop("try(i, nope)"), { steps: 20_000 }) as { x: unknown[] };
  assert.equal(x.length, 2000);
});
