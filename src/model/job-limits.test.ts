import assert from "node:assert";
import { test } from "node:test";
import { allAtOnce } from "../base/index.ts";
import { type Job, job as jobSchema } from "./job.ts";
import { validateRegistration } from "./job-validation.ts";

const task = {
  Name: "server",
  Driver: "exec",
  Config: { command: "/bin/date" },
  KillTimeout: 5e9,
  Resources: { CPU: 100, MemoryMB: 10, DiskMB: 300 },
  LogConfig: { MaxFiles: 10, MaxFileSizeMB: 10 },
};
const RestartPolicy = { Attempts: 2, Interval: 60e9, Delay: 15e9, Mode: "delay" };
const group = (fields: object = {}) => ({ Name: "web", Count: 1, RestartPolicy, Tasks: [task], ...fields });
const aJob = (fields: object = {}): Job =>
  jobSchema.parse({
    ...{ Region: "global", ID: "web", Name: "web", Type: "service", Priority: 50, Datacenters: ["dc1"] },
    TaskGroups: [group()],
    ...fields,
  });
const problemsOf = (job: Job) => allAtOnce(validateRegistration(job));
const many = <Item>(count: number, make: (at: number) => Item) => Array.from({ length: count }, (_, at) => make(at));
const condition = { LTarget: "${attr.a}", Operand: "!=", RTarget: "x" };
const pattern = (RTarget: string) => ({ LTarget: "${attr.a}", Operand: "regexp", RTarget });
const weighed = { ...condition, Weight: 50 };

/** The job is valid with the first fields, and with the second it is too large, for this one reason. */
function limited(enough: object, tooMuch: object, reason: string): void {
  assert.equal(problemsOf(aJob(enough)), undefined);
  assert.equal(problemsOf(aJob(tooMuch)), `1 error(s) occurred:\n\n* ${reason}`);
}

test("T17: a job has at most a hundred thousand allocations, in all groups together", () => {
  const two = (Count: number) => ({ TaskGroups: [group({ Count: 60_000 }), group({ Name: "b", Count })] });
  limited(two(40_000), two(40_001), "Job has 100001 allocations: at most 100000 are possible");
  const one = (Count: number) => ({ TaskGroups: [group({ Count })] });
  limited(one(100_000), one(1_000_000), "Job has 1000000 allocations: at most 100000 are possible");
});

test("T17: a job has at most twenty thousand groups and as many tasks", () => {
  const groups = (count: number) => ({
    TaskGroups: many(count, (at) => group({ Name: `g${at}`, Count: 0, Tasks: [] })),
  });
  const refusal = problemsOf(aJob(groups(20_001)));
  assert.equal(refusal, "1 error(s) occurred:\n\n* Job has 20001 task groups: at most 20000 are possible");
  const tasks = (count: number) => ({
    TaskGroups: [group({ Tasks: many(count, (at) => ({ ...task, Name: `t${at}` })) })],
  });
  limited(tasks(2_000), tasks(20_001), "Job has 20001 tasks: at most 20000 are possible");
});

test("T17: a system job has at most a hundred groups: each of them is wanted on every node", () => {
  const system = (count: number) => ({ Type: "system", TaskGroups: many(count, (at) => group({ Name: `g${at}` })) });
  limited(system(100), system(101), "Job has 101 task groups: at most 100 are possible");
});

test("T17: what a job demands and wishes of nodes is counted together, wherever it stands", () => {
  const reason = "Job has 10001 constraints, affinities, spreads and targets of spreads: at most 10000 are possible";
  const everywhere = (count: number) => ({
    Constraints: many(count, () => condition),
    Affinities: [weighed],
    Spreads: [{ Attribute: "${attr.a}", Weight: 50, SpreadTarget: [{ Value: "x", Percent: 10 }] }],
    TaskGroups: [
      group({ Constraints: [condition], Tasks: [{ ...task, Constraints: [condition], Affinities: [weighed] }] }),
    ],
  });
  limited(everywhere(9_994), everywhere(9_995), reason);
  const targets = (count: number) => many(count, (at) => ({ Value: `${at}`, Percent: 0 }));
  const spread = (count: number) => ({
    Spreads: [{ Attribute: "${attr.a}", Weight: 50, SpreadTarget: targets(count) }],
  });
  limited(spread(9_999), spread(10_000), reason);
});

test("T17: a job names at most a thousand datacenters, and a task a thousand ports", () => {
  const datacenters = (count: number) => ({ Datacenters: many(count, (at) => `dc${at}`) });
  limited(datacenters(1_000), datacenters(1_001), "Job has 1001 datacenters: at most 1000 are possible");
  limited(
    { Datacenters: ["d".repeat(255)] },
    { Datacenters: ["d".repeat(256)] },
    "Job has a datacenter of more than 255 characters",
  );
  const ports = (count: number) => {
    const DynamicPorts = many(count - 1, (at) => ({ Label: `p${at}` }));
    const network = { MBits: 1, ReservedPorts: [{ Label: "web", Value: 80 }], DynamicPorts };
    return { TaskGroups: [group({ Tasks: [{ ...task, Resources: { ...task.Resources, Networks: [network] } }] })] };
  };
  limited(ports(1_000), ports(1_001), 'Task "server" has 1001 ports: at most 1000 are possible');
});

test("T53: the patterns of a job are limited together by what it costs to match them", () => {
  const words = (count: number) => ({ Constraints: many(count, (at) => pattern(`^(linux|darwin)-${at}[0-9]+$`)) });
  limited(words(100), words(2_000), "The regular expressions of the job are too large together");
  const counted = (count: number) => ({
    Affinities: many(count, () => ({ ...pattern("a{2000}|(b{30}){30}"), Weight: 1 })),
  });
  assert.match(problemsOf(aJob(counted(1))) ?? "", /Affinity 1 validation failed/);
  const large = (count: number) => ({ Constraints: many(count, () => pattern("([ab]{30}){30}$")) });
  limited(large(10), large(11), "The regular expressions of the job are too large together");
});

test("T53: a pattern that cannot be matched in linear time is refused at registration, and told in full", () => {
  for (const RTarget of ["(?=a)b", "(?<!a)b", "(a)\\1", "(?>a+)b", "a++", "((a{100}){100}){100}"]) {
    const refusal = problemsOf(aJob({ Constraints: [pattern(RTarget)] }));
    assert.equal(
      refusal?.includes(
        `Regular expression failed to compile: error parsing regexp: invalid or too large: \`${RTarget}\``,
      ),
      true,
      refusal,
    );
  }
});

test("T54: sides of conditions are at most 4096 characters long, and those that are read as something less", () => {
  const reason = "A constraint, an affinity or a spread has a side of more than 4096 characters";
  for (const part of ["LTarget", "RTarget"]) {
    const long = (length: number) => ({ Constraints: [{ ...condition, [part]: "x".repeat(length) }] });
    limited(long(4_096), long(4_097), reason);
    const wish = (length: number) => ({ Affinities: [{ ...weighed, [part]: "x".repeat(length) }] });
    limited(wish(4_096), wish(4_097), reason);
  }
  const spread = (fields: object) => ({
    Spreads: [{ Attribute: "${attr.a}", Weight: 50, SpreadTarget: [], ...fields }],
  });
  limited(spread({ Attribute: "x".repeat(4_096) }), spread({ Attribute: "x".repeat(4_097) }), reason);
  const target = (length: number) => spread({ SpreadTarget: [{ Value: "x".repeat(length), Percent: 1 }] });
  limited(target(4_096), target(4_097), reason);
  for (const Operand of ["version", "semver", "regexp"]) {
    const RTarget = Operand === "regexp" ? "a".repeat(1_025) : `>= 1.${"0".repeat(1_021)}`;
    const refusal = problemsOf(aJob({ Constraints: [{ ...condition, Operand, RTarget }] }));
    assert.match(refusal ?? "", /invalid/, Operand);
  }
});

test("T54: a megabyte in place of a version, a pattern, an operator or a cron line is refused without being read", () => {
  const text = "1.".repeat(500_000);
  for (const Operand of ["version", "semver", "regexp", "<", "set_contains", text]) {
    const refusal = problemsOf(aJob({ Constraints: [{ LTarget: "${attr.a}", Operand, RTarget: text }] }));
    assert.ok(refusal !== undefined && refusal.length < 200, refusal?.slice(0, 300));
  }
  const Periodic = { Enabled: true, Spec: "* ".repeat(500_000), SpecType: "cron" };
  assert.match(problemsOf(aJob({ Type: "batch", Periodic })) ?? "", /longer than 1024 characters/);
});
