import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleJobFile } from "./example-job-file.ts";
import { ran, systemError } from "./testing/console.ts";

const small = 'job "shop" { datacenters = ["dc1"] group "g" { task "t" { driver = "exec" resources {} } } }';
const good = { code: 0, out: "Job validation successful\n", err: "" };

test("the example job file is valid", async () => {
  assert.partialDeepStrictEqual(await ran("validate -", { input: exampleJobFile }), good);
});

test("a job file is read from a path, from standard input, or from a URL", async () => {
  const files = { "/home/ann/jobs/shop.nomad": small, "/abs.nomad": small };
  assert.partialDeepStrictEqual(await ran("validate jobs/shop.nomad", { files }), good);
  assert.partialDeepStrictEqual(await ran("validate /abs.nomad", { files }), good);
  assert.partialDeepStrictEqual(await ran("validate -", { input: small }), good);
  const agents = { "http://files:80": {}, "http://files": { "GET /shop.nomad?v=2": { pieces: [small] } } };
  assert.partialDeepStrictEqual(await ran("validate http://files/shop.nomad?v=2", { agents }), good);
});

test("a job file is followed to where it has moved, but not for ever", async () => {
  const moved = (location: string) => ({ status: 302, text: "", location });
  const agents = {
    "http://files": {
      "GET /a": moved("/b"),
      "GET /b": moved("http://other/c"),
      "GET /loop": moved("/loop"),
      "GET /local": moved("file:///etc/passwd"),
    },
    "http://other": { "GET /c": { pieces: [small] } },
  };
  assert.partialDeepStrictEqual(await ran("validate http://files/a", { agents }), good);
  const loop = await ran("validate http://files/loop", { agents });
  assert.match(
    loop.err,
    /^Error getting job struct: Error getting jobfile from "http:\/\/files\/loop": more than 10 redirects\n$/,
  );
  assert.match((await ran("validate http://files/local", { agents })).err, /redirected to "file:\/\/\/etc\/passwd"\n$/);
});

test("a job file that cannot be had is told with the reason", async () => {
  const reason = async (source: string, files = {}) => {
    const { code, err } = await ran(`validate ${source}`, { files });
    assert.equal(code, 1);
    const [, text] = /^Error getting job struct: Error getting jobfile from "[^"]*": (.*)\n$/s.exec(err) ?? [];
    return text;
  };
  assert.equal(await reason("none.nomad"), "source path error: stat /home/ann/none.nomad: no such file or directory");
  const files = { "/home/ann/jobs": systemError("EISDIR"), "/root/x": systemError("EACCES") };
  assert.equal(await reason("jobs", files), "source path must be a file");
  assert.equal(await reason("/root/x", files), "source path error: open /root/x: permission denied");
  assert.equal(await reason("http://nowhere/x"), 'Get "http://nowhere/x": ECONNREFUSED: pretended');
});

test("what is no job file is refused with the place, on the first line as scripts know it", async () => {
  const { code, err } = await ran("validate -", { input: 'job "x" {\n  datacenters = [\n' });
  assert.equal(code, 1);
  assert.match(err, /^Error getting job struct: error parsing: At 3:1: .*\n\n<stdin>:3:1: /);
});

test("all that is wrong with a job is told at once", async () => {
  const { code, err } = await ran("validate -", { input: 'job "x" { priority = 500 }' });
  assert.equal(code, 1);
  assert.match(err, /^Error validating job: 3 error\(s\) occurred:\n\n\* /);
});

test("what is wrong with a job is told beside keys and values that are wrong", async () => {
  const input =
    'job "x" { datacentres = ["dc1"] priority = 500 task "t" { drivr = "exec" resources { cpu = "much" } } }';
  const { code, err } = await ran("validate -", { input });
  assert.equal(code, 1);
  for (const told of [
    /Did you mean "datacenters"/,
    /Did you mean "driver"/,
    /"much"|cpu|CPU/,
    /priority must be between/,
  ]) {
    assert.match(err, told);
  }
  assert.match(err, /\n\nOnce that is mended, the job is still wrong: 1 error\(s\) occurred:\n\n\* Job priority/);
  assert.doesNotMatch(err, /[Mm]issing/, "nothing is missing that was only misspelt");
});

test("T14: a job file without end is refused", async () => {
  const endless = "x".repeat(11 * 1024 * 1024);
  for (const source of ["-", "/dev/zero"]) {
    const { code, err } = await ran(`validate ${source}`, { input: endless, files: { "/dev/zero": endless } });
    assert.equal(code, 1);
    assert.match(err, /longer than 10485760 bytes\n$/);
  }
});

const withVariable = `variable "dc" { type = string }
variable "tags" {
  type    = list(string)
  default = []
}
job "shop" {
  datacenters = [var.dc]
  group "g" {
    task "t" {
      driver = "exec"
      env {
        MOTD = file("motd.txt")
        TAGS = join(",", var.tags)
      }
      resources {}
    }
  }
}
`;

/** What `run -output` would send. */
async function output(args: readonly string[], files: Readonly<Record<string, string>>, variables = {}) {
  const { code, out, err } = await ran(["run", "-output", ...args], { files, variables });
  assert.equal(code, 0, err);
  const { Job } = JSON.parse(out);
  return { datacenters: Job.Datacenters, env: Job.TaskGroups[0].Tasks[0].Env };
}

test("variables come from flags, files and the environment, and files lie beside the job file", async () => {
  const files = {
    "/home/ann/jobs/shop.nomad": withVariable,
    "/home/ann/jobs/motd.txt": "hello",
    "/home/ann/prod.vars": 'dc = "dc8"\ntags = ["a", "b"]\n',
  };
  assert.deepEqual(await output(["-var", "dc=dc9", "-var-file=prod.vars", "jobs/shop.nomad"], files), {
    datacenters: ["dc9"],
    env: { MOTD: "hello", TAGS: "a,b" },
  });
  assert.deepEqual(await output(["jobs/shop.nomad"], files, { NOMAD_VAR_dc: "dc7", NOMAD_VAR_other: "x" }), {
    datacenters: ["dc7"],
    env: { MOTD: "hello", TAGS: "" },
  });
  const loose = await output(["-hcl2-strict=false", "-var=dc=a", "-var=other=b", "jobs/shop.nomad"], files);
  assert.deepEqual(loose.datacenters, ["a"]);
});

test("all that is wrong with a file of HCL 2 is told, and where values come from", async () => {
  const { code, err } = await ran("validate -var=other=b -", { input: withVariable });
  assert.equal(code, 1);
  assert.match(
    err,
    /^Error getting job struct: error parsing: the job file declares no variable "other"\n\n-var:1:1: /,
  );
  assert.match(err, /<stdin>:1:1: there is no value for the variable "dc"/);
  assert.match(err, /<stdin>:12:21: file: there is no file "motd.txt"/);
  const missing = await ran("plan -var-file=none.vars -", { input: withVariable });
  assert.equal(missing.code, 255);
  assert.match(missing.err, /^Error getting job struct: Error reading -var-file "none.vars": source path error: stat/);
});

test("a job file that came from elsewhere reads no files here", async () => {
  const agents = { "http://files": { "GET /shop": { pieces: [withVariable] } }, "http://files:80": {} };
  const files = { "/home/ann/motd.txt": "hello", "/motd.txt": "hello" };
  const { code, err } = await ran("validate -var=dc=a http://files/shop", { agents, files });
  assert.equal(code, 1);
  assert.match(err, /file: files are not read for a job file/);
});

test("-hcl1 reads a job file as HCL 1 alone", async () => {
  const { code, err } = await ran("validate -hcl1 -", { input: withVariable });
  assert.equal(code, 1);
  assert.match(err, /a value is expected after ASSIGN got: IDENT/);
  assert.partialDeepStrictEqual(await ran("validate -hcl1 -", { input: small }), good);
});
