import assert from "node:assert";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HCLError, renderDiagnostic } from "../hcl/index.ts";
import { type Job, validateJob } from "../model/index.ts";
import { parseBareJob, parseBareJobInSteps, parseJob } from "./parse-job.ts";
import { loneTasks, webShop } from "./testing/sample-jobs.ts";

function failure(text: string): HCLError {
  try {
    parseJob(text, "test.nomad");
  } catch (error) {
    if (error instanceof HCLError) return error;
    throw error;
  }
  return assert.fail("the job file was accepted");
}

/** A job with one task, whose inside is given. */
function withTask(inside: string): string {
  return `job "j" { datacenters = ["dc1"] group "g" { task "t" { driver = "exec" resources {} ${inside} } } }`;
}

function taskOf(job: Job) {
  return job.TaskGroups[0]!.Tasks[0]!;
}

describe("a service with most keys", () => {
  const job = parseJob(webShop, "shop.nomad");
  const [group] = job.TaskGroups;
  const task = taskOf(job);

  test("is valid", () => assert.equal(validateJob(job), undefined));

  test("has what its job block says", () => {
    assert.deepEqual(
      [job.ID, job.Name, job.Region, job.Type, job.Priority, job.AllAtOnce, job.Datacenters],
      ["shop", "shop", "global", "service", 70, false, ["dc1", "dc2"]],
    );
    assert.deepEqual([job.Update.Stagger, job.Update.MaxParallel], [30e9, 1]);
    assert.deepEqual(job.Meta, { owner: "web-team", ticket: "OPS-1" });
    assert.deepEqual(job.Constraints, [
      { LTarget: "${attr.kernel.name}", RTarget: "linux", Operand: "=" },
      { LTarget: "${attr.nomad.version}", RTarget: ">= 0.4.0, < 0.6", Operand: "version" },
      { LTarget: "", RTarget: "", Operand: "distinct_hosts" },
    ]);
  });

  test("has what its group says", () => {
    assert.deepEqual([group?.Name, group?.Count, group?.Meta], ["edge", 2, { tier: "edge" }]);
    assert.deepEqual(group?.RestartPolicy, { Attempts: 3, Interval: 300e9, Delay: 10e9, Mode: "delay" });
  });

  test("has what its task says", () => {
    assert.deepEqual([task.Name, task.Driver, task.User, task.KillTimeout], ["proxy", "docker", "www-data", 25e9]);
    assert.deepEqual(task.Config, {
      image: "nginx:1.11",
      args: ["-g", "daemon off;"],
      privileged: false,
      shm_size: 67108864,
      port_map: [{ http: 80, admin: 8080 }],
      labels: [{ team: "web" }],
    });
    assert.deepEqual(task.Env, {
      UPSTREAM: "http://${NOMAD_IP_http}:9000/${node.datacenter}",
      BANNER: "hello from\n  ${node.unique.name}\n",
      "LOG-LEVEL": "info",
      WORKERS: "4",
      DEBUG: "1",
    });
    assert.deepEqual(task.LogConfig, { MaxFiles: 5, MaxFileSizeMB: 20 });
    assert.deepEqual(task.Constraints, [
      { LTarget: "${attr.driver.docker.version}", RTarget: "^1[0-9]?\\.", Operand: "regexp" },
    ]);
  });

  test("has ports, static ones apart", () => {
    const { CPU, MemoryMB, DiskMB, IOPS, Networks } = task.Resources!;
    assert.deepEqual([CPU, MemoryMB, DiskMB, IOPS, Networks.length, Networks[0]?.MBits], [500, 256, 400, 10, 1, 20]);
    assert.deepEqual(
      Networks[0]?.ReservedPorts.map((port) => [port.Label, port.Value]),
      [["admin", 18080]],
    );
    assert.deepEqual(
      Networks[0]?.DynamicPorts.map((port) => [port.Label, port.Value]),
      [["http", 0]],
    );
  });

  test("has services and checks, named after what they belong to", () => {
    assert.deepEqual(
      task.Services.map((service) => [service.Name, service.PortLabel, service.Tags.length]),
      [
        ["shop-edge", "http", 2],
        ["shop-edge-proxy", "admin", 0],
      ],
    );
    const [ping, second] = task.Services[0]!.Checks;
    assert.deepEqual([ping?.Name, ping?.Type, ping?.Path, ping?.Interval], ["ping", "http", "/healthz", 10e9]);
    assert.deepEqual(
      [second?.Name, second?.PortLabel, second?.InitialStatus],
      ['service: "shop-edge" check', "admin", "warning"],
    );
  });

  test("has its artifact", () => {
    const [artifact] = task.Artifacts;
    assert.deepEqual(
      [artifact?.GetterSource, artifact?.RelativeDest, artifact?.GetterOptions],
      ["https://files.example.org/nginx.tar", "local/", { archive: "false" }],
    );
  });
});

describe("a periodic batch job with tasks outside of groups", () => {
  const job = parseJob(loneTasks, "nightly.nomad");

  test("is valid", () => assert.equal(validateJob(job), undefined));

  test("has a group for each lone task, before the declared ones", () => {
    assert.deepEqual(
      job.TaskGroups.map((group) => [group.Name, group.Count, group.Tasks.map((task) => task.Name)]),
      [
        ["notify", 1, ["notify"]],
        ["report", 1, ["extract", "render"]],
      ],
    );
  });

  test("runs by the clock", () => {
    assert.deepEqual(job.Periodic, {
      Enabled: true,
      Spec: "30 2 * * *",
      SpecType: "cron",
      ProhibitOverlap: true,
      TimeZone: "UTC",
    });
  });

  test("has the defaults of its type", () => {
    assert.deepEqual(job.TaskGroups[0]?.RestartPolicy, {
      Attempts: 15,
      Interval: 604800e9,
      Delay: 15e9,
      Mode: "delay",
    });
    const { Resources, LogConfig, KillTimeout } = taskOf(job);
    assert.deepEqual([Resources?.CPU, Resources?.MemoryMB, Resources?.DiskMB], [100, 10, 300]);
    assert.deepEqual([LogConfig, KillTimeout], [{ MaxFiles: 10, MaxFileSizeMB: 10 }, 5e9]);
  });
});

test("the JSON form is the same job", () => {
  const fromText = parseJob(
    'job "j" { datacenters = ["dc1"] constraint { distinct_hosts = true } group "g" { task "t" { driver = "docker"\n' +
      'config { image = "redis" port_map { db = 6379 } } resources { network { mbits = 1 port "db" {} } } } } }',
    "a.nomad",
  );
  const fromJSON = parseJob(
    JSON.stringify({
      job: {
        j: {
          datacenters: ["dc1"],
          constraint: [{ distinct_hosts: true }],
          group: {
            g: {
              task: [
                {
                  t: {
                    driver: "docker",
                    config: [{ image: "redis", port_map: { db: 6379 } }],
                    resources: { network: { mbits: 1, port: { db: {} } } },
                  },
                },
              ],
            },
          },
        },
      },
    }),
    "a.json",
  );
  assert.deepEqual(fromJSON, fromText);
});

describe("what repeats", () => {
  test("later values win, lists are appended, maps and configs are merged", () => {
    const job = parseJob(
      withTask(
        'env { A = "1" B = "2" } env { A = "3" } config { command = "a" args = ["x"] } config { args = ["y"] }',
      ).replace("datacenters", 'priority = 10 priority = 20 datacenters = ["dc0"] datacenters'),
      "test.nomad",
    );
    assert.deepEqual([job.Priority, job.Datacenters], [20, ["dc0", "dc1"]]);
    assert.deepEqual(taskOf(job).Env, { A: "3", B: "2" });
    assert.deepEqual(taskOf(job).Config, { command: "a", args: ["x", "y"] });
  });

  test("keys that mean something to JavaScript are data (T52)", () => {
    const job = parseJob(withTask('env { __proto__ = "a" constructor = "b" } meta { toString = "c" }'), "test.nomad");
    assert.deepEqual(Object.entries(taskOf(job).Env), [
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
    assert.deepEqual(Object.entries(taskOf(job).Meta), [["toString", "c"]]);
  });
});

test("commands, arguments and environment are passed on untouched (T39)", () => {
  const job = parseJob(
    withTask(
      String.raw`config { command = "-x y" args = ["$(id)", "a b", "\"q\"", "l1\nl2", "--"] } env { A = "; rm" }`,
    ),
    "test.nomad",
  );
  assert.deepEqual(taskOf(job).Config, { command: "-x y", args: ["$(id)", "a b", '"q"', "l1\nl2", "--"] });
  assert.deepEqual(taskOf(job).Env, { A: "; rm" });
});

test("a restart block that is written gets no defaults", () => {
  const job = parseJob('job "j" { group "g" { restart { delay = 250 } } }', "test.nomad");
  assert.deepEqual(job.TaskGroups[0]?.RestartPolicy, { Attempts: 0, Interval: 0, Delay: 250, Mode: "" });
  assert.match(validateJob(job) ?? "", /Unsupported restart mode: ""/);
});

test("a constraint that says distinct_hosts = false asks for nothing", () => {
  const job = parseJob('job "j" { constraint { distinct_hosts = "false" } }', "test.nomad");
  assert.deepEqual(job.Constraints, []);
});

test("affinities and spreads are read on every level that has them", () => {
  const affinity = 'affinity { attribute = "${attr.arch}" value = "arm64" weight = -20 }';
  const short = 'affinity { attribute = "${attr.kernel.version}" version = ">= 5" } affinity { regexp = "^a" }';
  const spread =
    'spread { attribute = "${node.datacenter}" target "dc1" { percent = 70 } target "dc2" { percent = 30 } }';
  const job = parseJob(
    `job "j" { ${affinity} ${spread} group "g" { ${short} spread { attribute = "a" weight = 7 } task "t" { ${affinity} } } }`,
    "test.nomad",
  );
  const arm = { LTarget: "${attr.arch}", RTarget: "arm64", Operand: "=", Weight: -20 };
  assert.deepEqual([job.Affinities, taskOf(job).Affinities], [[arm], [arm]]);
  assert.deepEqual(job.TaskGroups[0]?.Affinities, [
    { LTarget: "${attr.kernel.version}", RTarget: ">= 5", Operand: "version", Weight: 50 },
    { LTarget: "", RTarget: "^a", Operand: "regexp", Weight: 50 },
  ]);
  const SpreadTarget = [
    { Value: "dc1", Percent: 70 },
    { Value: "dc2", Percent: 30 },
  ];
  assert.deepEqual(job.Spreads, [{ Attribute: "${node.datacenter}", Weight: 50, SpreadTarget }]);
  assert.deepEqual(job.TaskGroups[0]?.Spreads, [{ Attribute: "a", Weight: 7, SpreadTarget: [] }]);
});

test("memory_max is read beside memory, and is 0 unless it is said", () => {
  const memoryOf = (text: string) => {
    const { MemoryMB, MemoryMaxMB } = taskOf(parseJob(text, "test.nomad")).Resources!;
    return [MemoryMB, MemoryMaxMB];
  };
  const job = (inside: string) => `job "j" { task "t" { resources { ${inside} } } }`;
  assert.deepEqual(memoryOf(job("memory = 100 memory_max = 300")), [100, 300]);
  assert.deepEqual(memoryOf(job("memory = 100")), [100, 0]);
});

test("how a group leaves draining nodes is said for it, or for the whole job", () => {
  const job = parseJob(
    `job "j" {
      migrate { max_parallel = 2 }
      group "own" { migrate { max_parallel = 3 health_check = "task_states" min_healthy_time = "1s" healthy_deadline = "1m" } task "t" {} }
      group "of job" { task "t" {} }
      task "lone" {}
    }`,
    "test.nomad",
  );
  const ofJob = { MaxParallel: 2, HealthCheck: "checks", MinHealthyTime: 10e9, HealthyDeadline: 300e9 };
  assert.deepEqual(Object.fromEntries(job.TaskGroups.map(({ Name, Migrate }) => [Name, Migrate])), {
    lone: ofJob,
    own: { MaxParallel: 3, HealthCheck: "task_states", MinHealthyTime: 1e9, HealthyDeadline: 60e9 },
    "of job": ofJob,
  });
  assert.match(
    failure('job "j" { group "g" { migrate { parallel = 1 } } }').message,
    /migrate -> invalid key: parallel/,
  );
});

test("affinities and spreads in JSON are those of HCL", () => {
  const text = JSON.stringify({
    job: {
      j: {
        affinity: [{ attribute: "${attr.arch}", operator: "!=", value: "arm64", weight: 5 }],
        spread: { attribute: "${node.class}", target: [{ big: { percent: 60 } }, { small: { percent: 40 } }] },
      },
    },
  });
  const job = parseJob(text, "test.json");
  assert.deepEqual(job.Affinities, [{ LTarget: "${attr.arch}", RTarget: "arm64", Operand: "!=", Weight: 5 }]);
  assert.deepEqual(job.Spreads[0]?.SpreadTarget, [
    { Value: "big", Percent: 60 },
    { Value: "small", Percent: 40 },
  ]);
});

describe("what is wrong is said in the words of Nomad 0.4.1", () => {
  const problems = (...lines: string[]) => `1 error(s) occurred:\n\n${lines.map((line) => `* ${line}`).join("\n")}`;
  const inJob = (message: string) => `error parsing 'job': ${message}`;
  const cases: [string, string][] = [
    ['job "x" {\n  datacenters = ["dc1"\n', "error parsing: At 3:1: unexpected token while parsing list: EOF"],
    ["", "'job' stanza not found"],
    ["foo = 1", problems("invalid key: foo")],
    ['{"Job": {"ID": "x"}}', problems("invalid key: Job")],
    ["job {}", inJob("only one 'job' block allowed")],
    ['job "a" {} job "b" {}', inJob("only one 'job' block allowed")],
    ['job "a" { foo = 1 }', inJob(problems("job: invalid key: foo"))],
    ['job "a" { update { foo = 1 } }', inJob(problems("update -> invalid key: foo"))],
    ['job "a" { update {} update {} }', inJob("update -> only one 'update' block allowed per job")],
    ['job "a" { constraint { foo = 1 } }', inJob(problems("constraint -> invalid key: foo"))],
    [
      'job "a" { constraint { distinct_hosts = "x" } }',
      inJob(
        'constraint -> distinct_hosts should be set to true or false; strconv.ParseBool: parsing "x": invalid syntax',
      ),
    ],
    [
      'job "a" { periodic { enabled = "x" } }',
      inJob(
        'periodic -> periodic.enabled should be set to true or false; strconv.ParseBool: parsing "x": invalid syntax',
      ),
    ],
    ['job "a" { affinity { distinct_hosts = true } }', inJob(problems("affinity -> invalid key: distinct_hosts"))],
    ['job "a" { spread { percent = 1 } }', inJob(problems("spread -> invalid key: percent"))],
    [
      'job "a" { group "g" { spread { target "x" { n = 1 } } } }',
      inJob(problems("group: 'g', spread -> invalid key: n")),
    ],
    ['job "a" { spread { target "x" {} target "x" {} } }', inJob("spread -> target 'x' defined more than once")],
    ['job "a" { spread { target {} } }', inJob("spread -> targets of a spread must be named")],
    ['job "a" { task "t" { spread {} } }', inJob(problems("task: 't' -> invalid key: spread"))],
    ['job "a" { group "g" { foo = 1 } }', inJob(problems("group: 'g' -> invalid key: foo"))],
    ['job "a" { group "g" {} group "g" {} }', inJob("group: group 'g' defined more than once")],
    [
      'job "a" { group "g" { count = "abc" } }',
      inJob(
        `group: 1 error(s) decoding:\n\n* cannot parse 'Count' as int: strconv.ParseInt: parsing "abc": invalid syntax`,
      ),
    ],
    [
      'job "a" { group "g" { restart {} restart {} } }',
      inJob("group: 'g', restart -> only one 'restart' block allowed"),
    ],
    [
      'job "a" { group "g" { restart { delay = "10" } } }',
      inJob(
        `group: 'g', restart -> 1 error(s) decoding:\n\n* error decoding 'Delay': time: missing unit in duration "10"`,
      ),
    ],
    ['job "a" { group "g" { task "t" {} task "t" {} } }', inJob("group: 'g', task: task 't' defined more than once")],
    ['job "a" { task "t" { foo = 1 } }', inJob(problems("task: 't' -> invalid key: foo"))],
    ...[
      ["foo = 1", problems("group: 'g', task: 't' -> invalid key: foo")],
      ["resources { foo = 1 }", "group: 'g', task: 't', only one 'resource' block allowed per task"],
      ["logs { foo = 1 }", problems("group: 'g', task: 't', logs -> invalid key: foo")],
      ["artifact { foo = 1 }", problems("group: 'g', task: 't', artifact -> invalid key: foo")],
      [
        "artifact { headers {} headers {} }",
        "group: 'g', task: 't', artifact -> only one 'headers' block allowed per artifact",
      ],
      [
        "artifact { options {} options {} }",
        "group: 'g', task: 't', artifact -> only one 'options' block allowed per artifact",
      ],
      ["service { foo = 1 }", problems("group: 'g', task: 't', service (0) -> invalid key: foo")],
      [
        'service { name = "n" check { foo = 1 } }',
        problems("group: 'g', task: 't', service: 'n', check -> invalid key: foo"),
      ],
      ["service {} service {}", "group: 'g', task: 't', Only one service block may omit the Name field"],
      ['config { command = "a" bar = 1 }', problems(`group: 'g', task: 't', config -> "bar" is an invalid field`)],
      ["config {}", problems(`group: 'g', task: 't', config -> field "command" is required`)],
      ['driver = "foo" config {}', "group: 'g', task: 't', config -> unknown driver 'foo'"],
    ].map(([inside, message]): [string, string] => [withTask(inside!), inJob(message!)]),
    ...[
      ["foo = 1", problems("task: 't', resources -> invalid key: foo")],
      ["network {} network {}", "task: 't', only one 'network' resource allowed"],
      ["network { port {} }", "task: 't', resources, network, ports -> ports must be named"],
      [
        'network { port "a-b" {} }',
        "task: 't', resources, network, ports -> Port label does not conform to naming requirements ^[a-zA-Z0-9_]+$",
      ],
      [
        'network { port "a" {} port "A" {} }',
        "task: 't', resources, network, ports -> found a port label collision: A",
      ],
    ].map(([inside, message]): [string, string] => [
      `job "j" { task "t" { resources { ${inside} } } }`,
      inJob(message!),
    ]),
  ];
  for (const [text, message] of cases) {
    test(`${JSON.stringify(text)}`, () => assert.equal(failure(text).message, message));
  }
});

test("a person is shown the place, and what was meant", () => {
  const [found] = failure('job "x" {\n  datacentres = ["dc1"]\n}').diagnostics;
  assert.equal(
    renderDiagnostic(found!),
    [
      "test.nomad:2:3: job: invalid key: datacentres",
      '  2 |   datacentres = ["dc1"]',
      "    |   ^",
      '  Did you mean "datacenters"?',
    ].join("\n"),
  );
});

test("the place of a wrong config key is its own", () => {
  const { diagnostics } = failure('job "j" { task "t" { driver = "exec"\n config {\n command = "x"\n  bar = 1 } } }');
  assert.deepEqual([diagnostics[0]?.line, diagnostics[0]?.column], [4, 3]);
});

test("an artifact may say how it is fetched and what is sent with the request", () => {
  const text =
    'artifact { source = "s" mode = "file" destination = "bin/x" headers { "X-Token" = "t" Accept = "*/*" } }';
  const [artifact] = parseJob(withTask(text), "j.nomad").TaskGroups[0]?.Tasks[0]?.Artifacts ?? [];
  assert.deepEqual(
    [artifact?.GetterMode, artifact?.RelativeDest, artifact?.GetterHeaders],
    ["file", "bin/x", { "X-Token": "t", Accept: "*/*" }],
  );
});

test("a job file with anything in any place becomes a job or an HCLError, and nothing else", () => {
  const values = ['"x"', "1", "-1", "1e300", "99999999999999999999", "true", '["a", 1]', "[]", '"9h"', "<<E\nx\nE\n"];
  const shapes = [
    ...values.map((value) => `= ${value}`),
    "{}",
    '"l" {}',
    "{ foo = 1 }",
    '{ "a" {} }',
    '"a" { static = "x" }',
  ];
  const places: ((inside: string) => string)[] = [
    (inside) => inside,
    (inside) => `job "j" { ${inside} }`,
    (inside) => `job "j" { group "g" { ${inside} } }`,
    (inside) => `job "j" { update { ${inside} } periodic { ${inside} } constraint { ${inside} } meta { ${inside} } }`,
    (inside) => `job "j" { group "g" { restart { ${inside} } } }`,
    (inside) => withTask(inside),
    ...["config", "env", "service", "artifact", "logs", "service { check"].map(
      (block) => (inside: string) => withTask(`${block} { ${inside} }${block.includes("{") ? " }" : ""}`),
    ),
    (inside) => `job "j" { task "t" { resources { ${inside} network { ${inside} } } } }`,
  ];
  const words =
    "id name region datacenters type priority all_at_once constraint affinity weight spread target percent update periodic meta group task count restart attempts interval delay mode stagger max_parallel enabled cron prohibit_overlap attribute operator value version regexp semver set_contains set_contains_all set_contains_any distinct_hosts distinct_property driver user config env service resources logs kill_timeout artifact cpu memory memory_max disk iops network mbits port static max_files max_file_size source destination mode headers options tags check timeout path protocol command args initial_status __proto__";
  const item = fc
    .tuple(fc.constantFrom(...words.split(" ")), fc.constantFrom(...shapes))
    .map(([key, shape]) => `${key} ${shape}\n`);
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.array(item, { maxLength: 3 }), (place, items) => {
      try {
        validateJob(parseJob(place(items.join("")), "noise.nomad"));
      } catch (error) {
        assert.ok(error instanceof HCLError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});

test("a long file is read in many steps, whatever it is that makes it long", () => {
  const lines = (count: number, line: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => line(at)).join("\n");
  const files = [
    `job "j" { meta {\n${lines(2_000, (at) => `k${at} = "v"`)}\n} }`,
    `job "j" { group "g" {\n${lines(2_000, (at) => `task "t${at}" {}`)}\n} }`,
    `locals {\n${lines(2_000, (at) => `a${at} = ${at} + 1`)}\n}\njob "j" {}`,
    `job "j" { group "g" { dynamic "task" {\nfor_each = range(900)\nlabels = ["t\${task.value}"]\ncontent {}\n} } }`,
  ];
  for (const file of files) {
    const work = parseBareJobInSteps(file, "long.nomad", { steps: 50_000 });
    let steps = 0;
    for (let step = work.next(); ; step = work.next(), steps += 1) {
      if (step.done !== true) continue;
      assert.deepEqual(step.value, parseBareJob(file, "long.nomad"));
      break;
    }
    assert.ok(steps > 1_800, `${steps} steps: ${file.slice(0, 60)}`);
  }
});
