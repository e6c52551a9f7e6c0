import assert from "node:assert";
import { test } from "node:test";
import { allAtOnce } from "../base/index.ts";
import { type Job, job as jobSchema } from "./job.ts";
import { canonicalizeJob, initializeJob } from "./job-canonicalization.ts";
import { validateRegistration } from "./job-validation.ts";

/** What a client of 1.x sends for a job file that says almost nothing. */
const terse = {
  ID: "web",
  Datacenters: ["dc1"],
  TaskGroups: [{ Name: "app", Tasks: [{ Name: "server", Driver: "exec", Config: { command: "/bin/date" } }] }],
};

function canonically(job: Job): Job {
  return allAtOnce(canonicalizeJob(job));
}

function canonical(fields: object) {
  return canonically(jobSchema.parse({ ...terse, ...fields }));
}

function canonicalGroup(fields: object, jobFields: object = {}) {
  return canonical({ ...jobFields, TaskGroups: [{ ...terse.TaskGroups[0], ...fields }] }).TaskGroups[0]!;
}

test("what a terse client leaves out is filled in, and the job is valid", () => {
  const job = canonical({});
  assert.equal(allAtOnce(validateRegistration(job)), undefined);
  assert.deepEqual(
    [job.Region, job.Namespace, job.Name, job.Type, job.Priority, job.NodePool],
    ["global", "default", "web", "service", 50, "default"],
  );
  const [group] = job.TaskGroups;
  assert.deepEqual(group?.RestartPolicy, { Attempts: 2, Interval: 60e9, Delay: 15e9, Mode: "delay" });
  assert.deepEqual(group?.EphemeralDisk, { Sticky: false, Migrate: false, SizeMB: 300 });
  assert.equal(group?.Update?.ProgressDeadline, 600e9);
  const [task] = group!.Tasks;
  assert.deepEqual([task?.Resources?.CPU, task?.Resources?.MemoryMB, task?.Resources?.DiskMB], [100, 10, 300]);
  assert.deepEqual(task?.LogConfig, { MaxFiles: 10, MaxFileSizeMB: 10 });
  assert.deepEqual(task?.RestartPolicy, group?.RestartPolicy);
  assert.equal(task?.KillTimeout, 5e9);
});

test("what only the author can know is not made up", () => {
  const text = allAtOnce(validateRegistration(canonically(jobSchema.parse({ ID: "web" }))));
  assert.equal(text, "2 error(s) occurred:\n\n* Missing job datacenters\n* Missing job task groups");
});

test("what was said stays as it was", () => {
  const said = canonicalGroup({
    Count: 0,
    RestartPolicy: { Attempts: 0, Interval: 0, Delay: 0, Mode: "fail" },
    Tasks: [{ Name: "server", KillTimeout: 1e9, Resources: { CPU: 20, MemoryMB: 5, DiskMB: 11, IOPS: 3 } }],
  });
  assert.equal(said.Count, 0);
  assert.deepEqual(said.RestartPolicy, { Attempts: 0, Interval: 0, Delay: 0, Mode: "fail" });
  const { CPU, MemoryMB, DiskMB, IOPS } = said.Tasks[0]!.Resources!;
  assert.deepEqual([CPU, MemoryMB, DiskMB, IOPS, said.Tasks[0]?.KillTimeout], [20, 5, 11, 3, 1e9]);
});

test("batch jobs are restarted more patiently, and unknown types have no policy", () => {
  assert.deepEqual(canonicalGroup({}, { Type: "batch" }).RestartPolicy, {
    Attempts: 15,
    Interval: 168 * 3600e9,
    Delay: 15e9,
    Mode: "delay",
  });
  assert.equal(canonicalGroup({}, { Type: "odd" }).RestartPolicy, null);
});

test("a policy without a mode is completed by what it says", () => {
  const policy = (fields: object) => canonicalGroup({ RestartPolicy: fields }).RestartPolicy;
  assert.deepEqual(policy({ Attempts: 3 }), { Attempts: 3, Interval: 60e9, Delay: 15e9, Mode: "delay" });
  assert.deepEqual(policy({ Attempts: 0, Delay: 1e9 }), { Attempts: 0, Interval: 60e9, Delay: 1e9, Mode: "fail" });
});

test("disk is asked for by tasks or by their group, whichever was said", () => {
  const task = (DiskMB: number) => ({ Name: `t${DiskMB}`, Driver: "exec", Resources: { DiskMB } });
  assert.equal(canonicalGroup({ Tasks: [task(100), task(250)] }).EphemeralDisk?.SizeMB, 350);
  const modern = canonicalGroup({ Tasks: [task(0)], EphemeralDisk: { SizeMB: 20 } });
  assert.equal(modern.EphemeralDisk?.SizeMB, 20);
  assert.equal(modern.Tasks[0]?.Resources?.DiskMB, 0);
});

test("names of services and checks are fixed by job, group and task, and by nothing else", () => {
  const services = [
    { Name: "${JOB}-${TASKGROUP}-${TASK}", Checks: [{ Type: "tcp" }, { Name: "up" }] },
    { Name: "x-${BASE}" },
    { Name: "" },
    { Name: "${NOMAD_TASK_NAME}-${constructor}" },
  ];
  const job = jobSchema.parse({
    Name: "web",
    TaskGroups: [{ Name: "app", Tasks: [{ Name: "server", Services: services }] }],
  });
  const named = initializeJob(job).TaskGroups[0]!.Tasks[0]!.Services;
  assert.deepEqual(
    named.map((service) => service.Name),
    ["web-app-server", "x-web-app-server", "web-app-server", "${NOMAD_TASK_NAME}-${constructor}"],
  );
  assert.deepEqual(
    named[0]?.Checks.map((check) => check.Name),
    ['service: "web-app-server" check', "up"],
  );
});

test("a second pass changes nothing", () => {
  const once = canonical({ Type: "batch", Periodic: { Enabled: true, Spec: "@daily" }, Update: { MaxParallel: 2 } });
  assert.deepEqual(canonically(once), once);
  assert.deepEqual(once.Periodic?.TimeZone, "UTC");
});

test("a job with a null in any one place is refused with its path or becomes a job that can be judged (T15)", () => {
  const whole = canonical({ Constraints: [{ LTarget: "a", RTarget: "b", Operand: "=" }], Meta: { a: "b" } });
  for (const path of placesIn(whole)) {
    const read = jobSchema.safeParse(withNull(whole, path));
    if (read.success)
      assert.doesNotThrow(() => allAtOnce(validateRegistration(canonically(read.data))), path.join("."));
    else assert.deepEqual(read.error.issues[0]?.path.map(String), path);
  }
});

function placesIn(value: unknown, path: string[] = []): string[][] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...placesIn(inner, [...path, key])]);
}

function withNull(value: unknown, [key, ...rest]: readonly string[]): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  const inner = copy[key!];
  copy[key!] = rest.length === 0 ? null : withNull(inner, rest);
  return copy;
}
