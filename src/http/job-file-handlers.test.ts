import assert from "node:assert";
import { test } from "node:test";
import { later, milliseconds, seconds } from "../base/index.ts";
import { httpWorld } from "./testing/http-world.ts";

const jobFile = `variable "count" { type = number }
job "web" {
  datacenters = ["dc1"]
  type = "batch"
  group "g" {
    count = var.count
    task "t" {
      driver = "exec"
      config { command = "/bin/\${lower("TRUE")}" }
      resources {}
    }
  }
}
`;
const post = (path: string, body: unknown) => [path, { method: "POST", body: JSON.stringify(body) }] as const;

test("a job file becomes a job, its variables from a text beside it", async () => {
  const { ask, nomad } = await httpWorld();
  const { status, text } = await ask(...post("/v1/jobs/parse", { JobHCL: jobFile, Variables: "count = 1 + 2" }));
  assert.equal(status, 200);
  const job = JSON.parse(text);
  assert.deepEqual(
    [job.ID, job.TaskGroups[0].Count, job.TaskGroups[0].Tasks[0].Config.command],
    ["web", 3, "/bin/true"],
  );
  assert.equal(job.TaskGroups[0].RestartPolicy, null);
  const { value } = await nomad.jobFiles.parse({ JobHCL: jobFile, Variables: '{"count": 1}', Canonicalize: true });
  assert.equal(value.TaskGroups[0]?.RestartPolicy?.Attempts, 15);
});

test("what is wrong with a job file is told with its places, and status 400", async () => {
  const { ask } = await httpWorld();
  const wrong = async (body: unknown) => {
    const { status, text } = await ask(...post("/v1/jobs/parse", body));
    assert.equal(status, 400);
    return text;
  };
  assert.match(await wrong({ JobHCL: "" }), /^Job spec is empty$/);
  assert.match(await wrong({ JobHCL: jobFile }), /JobHCL:1:1: there is no value for the variable "count"/);
  assert.match(await wrong({ JobHCL: jobFile, Variables: "counter = 1" }), /Variables:1:1: the job file declares no/);
  assert.match(
    await wrong({ JobHCL: 'job "x" {\n  a = [\n' }),
    /^error parsing: At 3:1: unexpected token while parsing list/,
  );
  assert.match(await wrong({ JobHCL: jobFile, HCLv1: true }), /a value is expected after ASSIGN|invalid key/);
  assert.match(await wrong({ JobHCL: 5 }), /^Cannot read request body: /);
});

test("a job file that is sent reads no files, takes no value from the environment, and works no longer than it may", async () => {
  const { ask } = await httpWorld();
  const refused = async (value: string) => {
    const JobHCL = `locals { x = ${value} }\njob "j" {}`;
    const { status, text } = await ask(...post("/v1/jobs/parse", { JobHCL }));
    assert.equal(status, 400);
    return text;
  };
  assert.match(await refused('file("/etc/passwd")'), /files are not read for a job file that came from elsewhere/);
  assert.match(await refused('fileexists("/etc/passwd")'), /files are not read/);
  assert.match(await refused("[for a in range(1000) : range(1000)]"), /takes more than 50000 steps/);
});

test("a job is checked and all that is wrong with it is told, with status 200", async () => {
  const { ask, nomad } = await httpWorld();
  const { status, text } = await ask(...post("/v1/validate/job", { Job: { ID: "a b", Datacenters: ["dc1"] } }));
  assert.equal(status, 200);
  const said = JSON.parse(text);
  assert.equal(said.DriverConfigValidated, true);
  assert.ok(said.ValidationErrors.includes("Missing job task groups"), text);
  assert.match(said.Error, /^\d+ error\(s\) occurred:\n\n\* /);
  const { value: job } = await nomad.jobFiles.parse({ JobHCL: jobFile, Variables: "count = 1", Canonicalize: true });
  const { value } = await nomad.jobFiles.validate(job);
  assert.deepEqual({ ...value }, { DriverConfigValidated: true, ValidationErrors: [], Error: "", Warnings: "" });
  assert.equal((await ask(...post("/v1/validate/job", {}))).status, 400);
});

test("others have their turn while a long job file is read", async () => {
  const { ask, clock } = await httpWorld();
  let looks = 0;
  const now = clock.now.bind(clock);
  // Each look at the clock finds it a millisecond later, as if each step took as long.
  clock.now = () => later(now(), milliseconds(++looks));
  let turns = 0;
  const at = clock.at.bind(clock);
  clock.at = (when, wake) => {
    turns += 1;
    return at(when, wake);
  };
  const tasks = Array.from({ length: 200 }, (_, at) => `task "t${at}" {}`).join("\n");
  const JobHCL = `job "web" { group "g" {\n${tasks}\n} }`;
  let answer: { readonly status: number } | undefined;
  const asked = ask(...post("/v1/jobs/parse", { JobHCL })).then((found) => {
    answer = found;
  });
  while (answer === undefined) await clock.advance(seconds(1));
  await asked;
  assert.equal(answer.status, 200);
  assert.ok(turns > 20, `${turns} turns`);
});
