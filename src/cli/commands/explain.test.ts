import assert from "node:assert/strict";
import { test } from "node:test";
import { type Explanation, explanation, type Remedy, remedy } from "../../model/index.ts";
import { type Replies, ran } from "../testing/console.ts";
import { evaluation, id, jobStub } from "../testing/samples.ts";

const tried = (Text: string, Places: number): Remedy => remedy.parse({ Text, Places });

const stuck: Explanation = explanation.parse({
  JobID: "big",
  Summary: 'Job "big" (service) does not run as it should: 1 of 3 runs, 2 have no place',
  Remarks: [{ Text: "Evaluation d60452fe has waited for room for 4m10s; it is looked at as soon as some comes up" }],
  Groups: [
    {
      Name: "app",
      Wanted: 3,
      Running: 1,
      Unplaced: 2,
      NodesRefusing: 4,
      Reasons: [
        '2 nodes of class "small" do not meet ${attr.kernel.name} = windows',
        "2 nodes lack memory: 2000 MiB needed, 1300 MiB free on node vm3 (69afa2e8), the roomiest",
      ],
      Remedies: [
        tried('Ask for at most 1300 MiB of memory in task "server" (now 2000)', 1),
        tried("Leave out the constraint ${attr.kernel.name} = windows of the job", 2),
      ],
    },
    { Name: "cache", Wanted: 2, Running: 1, Starting: 1, Remarks: [{ Text: "Allocation 1a2b3c4d is pending" }] },
  ],
});

const agent = (jobs: readonly object[], about: object = stuck): Replies => ({
  "GET /v1/jobs": { json: jobs },
  "GET /v1/job/big/explain": { json: about },
  "GET /v1/evaluations": { json: [evaluation("d6")] },
  [`GET /v1/evaluation/${id("d6")}/explain`]: { json: about },
});

const text = `Job "big" (service) does not run as it should: 1 of 3 runs, 2 have no place
Evaluation d60452fe has waited for room for 4m10s; it is looked at as soon as some comes up

Task Group "app": 3 wanted, 1 running, 2 without a place
No place on 4 nodes:
  * 2 nodes of class "small" do not meet \${attr.kernel.name} = windows
  * 2 nodes lack memory: 2000 MiB needed, 1300 MiB free on node vm3 (69afa2e8), the roomiest
Any one of these would help. Each was tried:
  * Ask for at most 1300 MiB of memory in task "server" (now 2000): room for 1 more
  * Leave out the constraint \${attr.kernel.name} = windows of the job: room for 2 more

Task Group "cache": 2 wanted, 1 running, 1 starting
Allocation 1a2b3c4d is pending
`;

test("a job is explained by who refuses its groups and what would help", async () => {
  const { code, out, err } = await ran("explain -no-color bi", { agent: agent([jobStub("big")]) });
  assert.deepEqual([code, out, err], [0, text, ""]);
  const { out: coloured } = await ran("explain big", { agent: agent([jobStub("big"), jobStub("bigger")]) });
  assert.ok(coloured.startsWith(`\x1b[1m${stuck.Summary}\x1b[0m`));
});

test("an evaluation is found by its beginning, and what it saw is told where that is another thing now", async () => {
  const Earlier = [
    { Group: "app", NodesRefusing: 3, Reasons: ["3 nodes lack CPU: 900 MHz needed, 100 MHz free"] },
    { Group: "gone", NodesRefusing: 1, Reasons: [] },
  ];
  const { code, out } = await ran("explain -no-color d60", { agent: agent([], { ...stuck, Earlier }) });
  assert.equal(code, 0);
  assert.equal(
    out.split("\n\n")[1],
    'At that time task group "app" had no place on 3 nodes:\n  * 3 nodes lack CPU: 900 MHz needed, 100 MHz free',
  );
  const same = [{ Group: "app", NodesRefusing: 4, Reasons: stuck.Groups[0]?.Reasons }];
  assert.equal((await ran("explain -no-color d6", { agent: agent([], { ...stuck, Earlier: same }) })).out, text);
});

test("that nothing was found, or not all was tried, is said", async () => {
  const [app] = stuck.Groups;
  const helpless = { ...stuck, Groups: [{ ...app, Remedies: [] }], Tries: 100, IsCut: true };
  const { out } = await ran("explain -no-color big", { agent: agent([jobStub("big")], helpless) });
  assert.deepEqual(out.trimEnd().split("\n").slice(-2), [
    "No single change that was tried would help.",
    "Not everything could be tried: there may be other ways.",
  ]);
});

test("what outsiders have written cannot steer a terminal", async () => {
  const Remarks = [{ Kind: "", Text: "task \u001b[2J: wiped" }];
  const { out } = await ran("explain -no-color big", { agent: agent([jobStub("big")], { ...stuck, Remarks }) });
  assert.equal(out.split("\n")[1], "task \\x1b[2J: wiped");
});

test("several that begin so are listed, and that is no failure", async () => {
  const jobs = await ran("explain b", { agent: agent([jobStub("big"), jobStub("bag")]) });
  assert.deepEqual([jobs.code, jobs.out.split("\n")[0]], [0, "Prefix matched multiple jobs"]);
  const agentOfTwo = { ...agent([]), "GET /v1/evaluations": { json: [evaluation("d6"), evaluation("d7")] } };
  const evaluations = await ran("explain dd", { agent: agentOfTwo });
  assert.deepEqual([evaluations.code, evaluations.out.split("\n")[0]], [0, "Prefix matched multiple evaluations"]);
});

test("what there is not cannot be explained", async () => {
  const none = { ...agent([]), "GET /v1/evaluations": { json: [] } };
  for (const name of ["nosuch", "d6", "d"]) {
    const { code, out, err } = await ran(`explain ${name}`, { agent: none });
    assert.deepEqual([code, out, err], [1, "", `No job or evaluation with prefix or id "${name}" found\n`]);
  }
  const refused = await ran("explain big", { agent: { "GET /v1/jobs": { status: 500, text: "out of luck" } } });
  assert.deepEqual([refused.code, refused.err], [1, "Error explaining: Unexpected response code: 500 (out of luck)\n"]);
});

test("where no server leads, any server is asked what it knows", async () => {
  const leaderless = {
    "GET /v1/jobs?prefix=big": { status: 500, text: "No cluster leader" },
    "GET /v1/jobs?stale=&prefix=big": { json: [jobStub("big")] },
    "GET /v1/job/big/explain?stale=": { json: stuck },
  };
  const { code, out, asked } = await ran("explain -no-color big", { agent: leaderless });
  assert.deepEqual([code, out, asked.length], [0, text, 3]);
});

test("-json and -t show the data", async () => {
  const { out } = await ran("explain -json big", { agent: agent([jobStub("big")]) });
  assert.deepEqual(Object.keys(JSON.parse(out)), Object.keys(stuck));
  assert.deepEqual(Object.keys(JSON.parse(out).Groups[0]), Object.keys(stuck.Groups[0]!));
  assert.deepEqual(Object.keys(JSON.parse(out).Groups[0].Remedies[0]), Object.keys(stuck.Groups[0]!.Remedies[0]!));
  const templated = await ran(["explain", "-t", "{{range .Groups}}{{.Name}} {{end}}", "big"], {
    agent: agent([jobStub("big")]),
  });
  assert.equal(templated.out, "app cache \n");
  assert.equal((await ran("explain -json -t x big", { agent: agent([jobStub("big")]) })).code, 1);
});

test("one thing is explained at a time", async () => {
  for (const line of ["explain", "explain a b"]) {
    const { code, err } = await ran(line);
    assert.equal(code, 1);
    assert.match(err, /^Usage: nomad explain \[options\] <job\|evaluation>\n/);
  }
});
