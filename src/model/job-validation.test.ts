import assert from "node:assert";
import { describe, test } from "node:test";
import { allAtOnce } from "../base/index.ts";
import { type Job, job as jobSchema } from "./job.ts";
import { validateJob, validateRegistration } from "./job-validation.ts";

type Fields = Readonly<Record<string, unknown>>;

const validTask = {
  Name: "server",
  Driver: "exec",
  Config: { command: "/bin/date" },
  KillTimeout: 5e9,
  Resources: { CPU: 100, MemoryMB: 10, DiskMB: 300 },
  LogConfig: { MaxFiles: 10, MaxFileSizeMB: 10 },
};
const validGroup = {
  Name: "web",
  Count: 1,
  RestartPolicy: { Attempts: 2, Interval: 60e9, Delay: 15e9, Mode: "delay" },
};

function task(fields: Fields): object {
  return { ...validTask, ...fields };
}

function group(fields: Fields, tasks: readonly object[] = [validTask]): object {
  return { ...validGroup, Tasks: tasks, ...fields };
}

function job(fields: Fields, groups: readonly object[] = [group({})]): Job {
  const valid = { Region: "global", ID: "shop", Name: "shop", Type: "service", Priority: 50, Datacenters: ["dc1"] };
  return jobSchema.parse({ ...valid, TaskGroups: groups, ...fields });
}

/** The problems of a job, one for each line, headings left out. */
function problems(bad: Job): string[] {
  return (validateJob(bad) ?? "").split("\n").flatMap((line) => (line.startsWith("* ") ? [line.slice(2)] : []));
}

function taskProblems(fields: Fields): string[] {
  return problems(job({}, [group({}, [task(fields)])])).filter((line) => !line.endsWith("occurred:"));
}

test("a valid job has no problems", () => {
  assert.equal(validateJob(job({})), undefined);
  assert.equal(allAtOnce(validateRegistration(job({}))), undefined);
});

test("problems are listed level by level, as Nomad 0.4.1 prints them", () => {
  assert.equal(
    validateJob(job({ Datacenters: [] }, [group({ Count: -1 }, []), group({ Name: "db" }, [task({ Driver: "" })])])),
    [
      "3 error(s) occurred:",
      "",
      "* Missing job datacenters",
      "* Task group web validation failed: 2 error(s) occurred:",
      "",
      "* Task group count can't be negative",
      "* Missing tasks for task group",
      "* Task group db validation failed: 1 error(s) occurred:",
      "",
      "* Task server validation failed: 1 error(s) occurred:",
      "",
      "* Missing task driver",
    ].join("\n"),
  );
});

test("an empty job lacks everything", () => {
  assert.deepEqual(problems(jobSchema.parse({})), [
    "Missing job region",
    "Missing job ID",
    "Missing job name",
    "Missing job type",
    "Job priority must be between [1, 100]",
    "Missing job datacenters",
    "Missing job task groups",
  ]);
});

describe("a job", () => {
  const cases: [string, Job, string[]][] = [
    ["ID with a space", job({ ID: "my shop" }), ["Job ID contains a space"]],
    ["ID with slashes is fine", job({ ID: "nightly/periodic-1795342756" }), []],
    ["priority", job({ Priority: 101 }), ["Job priority must be between [1, 100]"]],
    [
      "group without a name",
      job({}, [group({ Name: "" })]),
      [
        "Job task group 1 missing name",
        "Task group  validation failed: 1 error(s) occurred:",
        "Missing task group name",
      ],
    ],
    ["two groups of one name", job({}, [group({}), group({})]), ["Job task group 2 redefines 'web' from group 1"]],
    [
      "system jobs run once a node",
      job({ Type: "system" }, [group({ Count: 2 })]),
      ["Job task group web has count 2. Count cannot exceed 1 with system scheduler"],
    ],
    [
      "no restart policy",
      job({}, [group({ RestartPolicy: null })]),
      ["Task group web validation failed: 1 error(s) occurred:", "Task Group web should have a restart policy"],
    ],
    [
      "constraints",
      job({
        Constraints: [
          { LTarget: "a", RTarget: "b", Operand: "=" },
          { LTarget: "a", RTarget: "b" },
          { LTarget: "a", RTarget: "(", Operand: "regexp" },
          { LTarget: "a", RTarget: "abc", Operand: "version" },
          { LTarget: "a", RTarget: "b", Operand: "like" },
        ],
      }),
      [
        "Constraint 2 validation failed: 1 error(s) occurred:",
        "Missing constraint operand",
        "Constraint 3 validation failed: 1 error(s) occurred:",
        "Regular expression failed to compile: error parsing regexp: invalid or too large: `(`",
        "Constraint 4 validation failed: 1 error(s) occurred:",
        "Version constraint is invalid: Malformed constraint: abc",
        "Constraint 5 validation failed: 1 error(s) occurred:",
        'Unknown constraint type "like"',
      ],
    ],
    [
      "affinities and spreads on every level",
      job(
        { Affinities: [{ LTarget: "a", RTarget: "b", Operand: "=", Weight: 0 }], Spreads: [{ Attribute: "a" }, {}] },
        [
          group({ Affinities: [{}], Spreads: [{}] }, [
            task({ Affinities: [{ LTarget: "a", RTarget: "b", Operand: "=" }, {}] }),
          ]),
        ],
      ),
      [
        "Affinity 1 validation failed: 1 error(s) occurred:",
        "Affinity weight cannot be zero",
        "Spread 2 validation failed: 1 error(s) occurred:",
        "Missing spread attribute",
        "Task group web validation failed: 3 error(s) occurred:",
        "Affinity 1 validation failed: 1 error(s) occurred:",
        "Missing affinity operand",
        "Spread 1 validation failed: 1 error(s) occurred:",
        "Missing spread attribute",
        "Task server validation failed: 1 error(s) occurred:",
        "Affinity 2 validation failed: 1 error(s) occurred:",
        "Missing affinity operand",
      ],
    ],
  ];
  for (const [name, bad, expected] of cases) test(name, () => assert.deepEqual(problems(bad), expected));
});

describe("a periodic job", () => {
  const periodic = (fields: Fields, type = "batch") =>
    problems(job({ Type: type, Periodic: { Enabled: true, Spec: "0 0 * * *", SpecType: "cron", ...fields } }));

  test("is a batch job", () => {
    assert.deepEqual(periodic({}), []);
    assert.deepEqual(periodic({}, "service"), ['Periodic can only be used with "batch" scheduler']);
  });

  test("has a cron line", () => {
    assert.deepEqual(periodic({ Spec: "" }), ["Must specify a spec"]);
    assert.deepEqual(periodic({ Spec: "bogus" }), ['Invalid cron spec "bogus": missing field(s)']);
    assert.deepEqual(periodic({ SpecType: "x" }), ['Unknown periodic specification type "x"']);
  });

  test("is read in a time zone that there is", () => {
    assert.deepEqual(periodic({ TimeZone: "Europe/Berlin" }), []);
    const unknown = 'Invalid time zone "Mars/Phobos": unknown time zone Mars/Phobos';
    assert.deepEqual(periodic({ TimeZone: "Mars/Phobos" }), [unknown]);
  });

  test("is not looked at while it is disabled", () => {
    assert.deepEqual(periodic({ Enabled: false, Spec: "bogus" }, "service"), []);
  });
});

describe("a restart policy", () => {
  const policy = (fields: Fields) =>
    problems(job({}, [group({ RestartPolicy: { ...validGroup.RestartPolicy, ...fields } })])).slice(1);

  test("has a mode that exists and means something", () => {
    assert.deepEqual(policy({ Mode: "" }), ['Unsupported restart mode: ""']);
    assert.deepEqual(policy({ Attempts: 0 }), ['Restart policy "delay" with 0 attempts is ambiguous']);
    assert.deepEqual(policy({ Attempts: 0, Mode: "fail" }), []);
  });

  test("can be kept within its interval", () => {
    assert.deepEqual(policy({ Attempts: 100, Delay: 10e9 }), [
      "Nomad can't restart the TaskGroup 100 times in an interval of 1m0s with a delay of 10s",
    ]);
    assert.deepEqual(policy({ Attempts: 100, Delay: 10e9, Interval: 0 }), []);
  });
});

describe("a task", () => {
  const cases: [string, Fields, string[]][] = [
    [
      "without anything",
      { Driver: "", Resources: null, LogConfig: null, KillTimeout: -1 },
      ["Missing task driver", "KillTimeout must be a positive value", "Missing task resources", "Missing Log Config"],
    ],
    ["with a slash in its name", { Name: "a/b" }, ["Task name can not include slashes"]],
    [
      "that asks for too little",
      {
        Resources: { CPU: 19, MemoryMB: 9, DiskMB: 9, IOPS: -1, Networks: [{ MBits: 0 }] },
        LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
      },
      [
        "minimum CPU value is 20; got 19",
        "minimum MemoryMB value is 10; got 9",
        "minimum DiskMB value is 10; got 9",
        "minimum IOPS value is 0; got -1",
        "minimum MBits value is 1; got 0",
      ],
    ],
    [
      "that keeps no logs",
      { LogConfig: { MaxFiles: 0, MaxFileSizeMB: 0 } },
      ["minimum number of files is 1; got 0", "minimum file size is 1MB; got 0"],
    ],
    [
      "whose logs fill its disk",
      { Resources: { CPU: 100, MemoryMB: 10, DiskMB: 100 } },
      ["log storage (100 MB) must be less than requested disk capacity (100 MB)"],
    ],
    [
      "with artifacts that cannot be",
      {
        Artifacts: [
          { GetterSource: "https://a/b", RelativeDest: "local/" },
          { GetterSource: "", RelativeDest: "local/../../x" },
          { GetterSource: "a", RelativeDest: "/ok", GetterOptions: { checksum: " " } },
          { GetterSource: "a", GetterOptions: { checksum: "abc" } },
          { GetterSource: "a", GetterOptions: { checksum: "md5:abc" } },
          { GetterSource: "a", GetterOptions: { checksum: "crc:abcd" } },
          { GetterSource: "a", GetterOptions: { checksum: "md5:abcd" } },
          { GetterSource: "a", GetterMode: "dirs" },
        ],
      },
      [
        "source must be specified",
        "destination escapes task's directory",
        "checksum value can not be empty",
        'checksum must be given as "type:value"; got "abc"',
        "invalid checksum: encoding/hex: odd length hex string",
        "unsupported checksum type: crc",
        "invalid md5 checksum: abcd",
        'invalid artifact mode "dirs"; must be one of: file, dir, any',
      ],
    ],
  ];
  for (const [name, fields, expected] of cases) test(name, () => assert.deepEqual(taskProblems(fields), expected));

  test("each part with problems is a list of its own", () => {
    const text = validateJob(job({}, [group({}, [task({ Resources: { CPU: 5, MemoryMB: 10, DiskMB: 300 } })])]));
    assert.ok(
      text?.endsWith(
        "* Task server validation failed: 1 error(s) occurred:\n\n* 1 error(s) occurred:\n\n* minimum CPU value is 20; got 5",
      ),
    );
  });
});

describe("a service", () => {
  const ports = { CPU: 100, MemoryMB: 10, DiskMB: 300, Networks: [{ MBits: 1, DynamicPorts: [{ Label: "http" }] }] };
  const service = (fields: Fields, check?: Fields) =>
    taskProblems({
      Resources: ports,
      Services: [{ Name: "web", PortLabel: "http", Checks: check ? [check] : [], ...fields }],
    });

  test("has a name that DNS knows", () => {
    assert.deepEqual(service({ Name: "Web-1" }), []);
    assert.deepEqual(service({ Name: "a_b" }), [
      'service name must be valid per RFC 1123 and can contain only alphanumeric characters or dashes and must be less than 63 characters long: "a_b"',
    ]);
  });

  test("is on a port that the task asks for", () => {
    assert.deepEqual(service({ PortLabel: "admin" }), ['port label "admin" referenced by services web does not exist']);
  });

  test("and its checks have names of their own", () => {
    const check = { Name: "up", Type: "tcp" };
    const web = { Name: "web", PortLabel: "http", Checks: [check, check] };
    assert.deepEqual(taskProblems({ Resources: ports, Services: [web, web] }), [
      'check "up" is duplicate',
      'service "web" is duplicate',
      'check "up" is duplicate',
    ]);
  });

  const checks: [Fields, string | undefined][] = [
    [{ Type: "tcp", Interval: 1e9, Timeout: 1e9, InitialStatus: "passing" }, undefined],
    [{ Type: "foo" }, 'invalid type ("foo"), must be one of "http", "tcp", or "script" type'],
    [{ Type: "http" }, "http type must have a valid http path"],
    [{ Type: "script" }, "script type must have a valid script path"],
    [{ Type: "tcp", Timeout: 1e6 }, "timeout (1ms) is lower than required minimum timeout 1s"],
    [{ Type: "tcp", Interval: 1e6 }, "interval (1ms) can not be lower than 1s"],
    [
      { Type: "tcp", InitialStatus: "zz" },
      'invalid initial check state (zz), must be one of "unknown", "passing", "warning", "critical" or empty',
    ],
  ];
  for (const [check, problem] of checks) {
    test(`check ${JSON.stringify(check)}`, () => {
      const expected = problem === undefined ? [] : [`check up invalid: ${problem}`];
      assert.deepEqual(service({}, { Name: "up", ...check }), expected);
    });
  }

  test("a check of a service without a port is refused if it needs one", () => {
    const expected = 'check up invalid: check requires a port but the service "web" has no port';
    assert.deepEqual(service({ PortLabel: "" }, { Name: "up", Type: "tcp" }), [expected]);
    assert.deepEqual(service({ PortLabel: "" }, { Name: "up", Type: "script", Command: "/bin/true" }), []);
  });
});

describe("names that would be mistaken for something else are refused (T30)", () => {
  const badTasks = ["alloc", "ALLOC", "..", ".", "a/b", "a\\b", "a\0b", "a\x1bb", "x".repeat(300)];
  for (const name of badTasks) {
    test(`task ${JSON.stringify(name).slice(0, 20)}`, () => {
      assert.equal(taskProblems({ Name: name }).length, 1);
    });
    test(`group ${JSON.stringify(name).slice(0, 20)}`, () => {
      assert.equal(problems(job({}, [group({ Name: name })])).length, 1);
    });
  }
  for (const id of ["alloc", "..", ".", "a/../b", "a\0b", "x".repeat(300)]) {
    test(`job ${JSON.stringify(id).slice(0, 20)}`, () => {
      assert.equal(problems(job({ ID: id })).length, 1);
    });
  }

  test("tasks or groups that differ only in case", () => {
    assert.deepEqual(problems(job({}, [group({}), group({ Name: "Web" })])), [
      "Job task group 2 name 'Web' differs only in case from group 1",
    ]);
    assert.deepEqual(problems(job({}, [group({}, [task({}), task({ Name: "SERVER" })])])).slice(1), [
      "Task 2 name 'SERVER' differs only in case from task 1",
    ]);
    assert.deepEqual(problems(job({}, [group({}, [task({}), task({})])])).slice(1), [
      "Task 2 redefines 'server' from task 1",
    ]);
  });
});

test("servers refuse unknown drivers, configs that do not fit, and the type they keep for themselves", () => {
  const tasks = [task({ Driver: "warp" }), task({ Name: "other", Config: { args: "x" } })];
  assert.equal(
    allAtOnce(validateRegistration(job({ Type: "_core" }, [group({}, tasks)]))),
    [
      "3 error(s) occurred:",
      "",
      `* failed to create driver for task "web" in group "server" for validation: unknown driver 'warp'`,
      '* group "web" -> task "other" -> config: 2 error(s) occurred:',
      "",
      '* field "command" is required',
      `* field "args" with input "x" doesn't seem to be of type array`,
      "* job type cannot be core",
    ].join("\n"),
  );
});

test("ten thousand tasks are looked through in one pass", () => {
  const tasks = Array.from({ length: 10_000 }, (_, index) => task({ Name: `t${index}` }));
  assert.equal(validateJob(job({}, [group({}, tasks)])), undefined);
});

test("the memory that a task may use at most is not less than what is set aside for it", () => {
  const memory = (MemoryMaxMB: number) =>
    taskProblems({ Resources: { CPU: 100, MemoryMB: 64, DiskMB: 300, MemoryMaxMB } });
  for (const MemoryMaxMB of [0, 64, 65]) assert.deepEqual(memory(MemoryMaxMB), []);
  for (const MemoryMaxMB of [63, -1]) {
    const message = `MemoryMaxMB value (${MemoryMaxMB}) must not be less than MemoryMB value (64)`;
    assert.deepEqual(memory(MemoryMaxMB), [message]);
  }
});
