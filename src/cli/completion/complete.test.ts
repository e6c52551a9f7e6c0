import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pretended, ran } from "../testing/console.ts";
import { id } from "../testing/samples.ts";

/** What a shell is offered after a line. */
async function offered(line: string, pretended: Pretended = {}): Promise<readonly string[]> {
  const { code, out, err } = await ran([], {
    neverWakes: true,
    ...pretended,
    variables: { COMP_LINE: line, ...pretended.variables },
  });
  assert.deepEqual([code, err], [0, ""]);
  return out.split("\n").filter((each) => each !== "");
}

const finds = (Matches: object) => ({ agent: { "PUT /v1/search": { json: { Matches, Truncations: {} } } } });

test("names are completed word by word, in both spellings", async () => {
  assert.deepEqual(await offered("nomad node"), ["node", "node-drain", "node-status"]);
  assert.deepEqual(await offered("nomad node "), ["config", "drain", "eligibility", "status"]);
  assert.deepEqual(await offered("nomad  job  peri"), ["periodic"]);
  assert.deepEqual(await offered("nomad operator gossip keyring "), ["generate", "install", "list", "remove", "use"]);
  assert.ok((await offered("nomad ")).includes("agent"));
  assert.ok(!(await offered("nomad ")).includes("check"), "a hidden command is not offered");
  for (const line of ["nomad nonsense ", "nomad job nonsense ", "nomad xyz", ""])
    assert.deepEqual(await offered(line), line === "" ? await offered("nomad ") : []);
});

test("flags are completed, and what follows one that takes a value is not", async () => {
  assert.deepEqual(await offered("nomad run -verb"), ["-verbose"]);
  assert.deepEqual(await offered("nomad job run -check"), ["-check-index"]);
  assert.deepEqual(await offered("nomad -auto"), ["-autocomplete-install", "-autocomplete-uninstall"]);
  assert.deepEqual(await offered("nomad agent -boot"), ["-bootstrap-expect"]);
  assert.deepEqual(await offered("nomad status -region ", finds({ jobs: ["web"] })), []);
  assert.deepEqual(await offered("nomad status -region=", finds({ jobs: ["web"] })), []);
  assert.deepEqual(await offered("nomad status -nonsense ", finds({ jobs: ["web"] })), []);
});

test("IDs are asked of the agent that the line names", async () => {
  assert.deepEqual(await offered("nomad stop w", finds({ jobs: ["web", "worker/periodic-1"] })), [
    "web",
    "worker/periodic-1",
  ]);
  assert.deepEqual(await offered("nomad node status ab", finds({ nodes: [id("abcd"), id("aa")] })), [id("abcd")]);
  const all = finds({ jobs: ["abc"], allocs: [id("ab")], evals: [], nodes: [] });
  assert.deepEqual(await offered("nomad status ab", all), ["abc", id("ab")]);
  assert.deepEqual(await offered("nomad stop web ", finds({ jobs: ["web"] })), [], "one argument is all it takes");
  const agents = { "http://other:1": finds({ jobs: ["there"] }).agent };
  assert.deepEqual(await offered("nomad stop -address=http://other:1 ", { agents }), ["there"]);
  assert.deepEqual(await offered("nomad stop ", { agents, variables: { NOMAD_ADDR: "http://other:1" } }), ["there"]);
  const contexts = async (line: string) => {
    const { asked } = await ran([], { ...finds({}), neverWakes: true, variables: { COMP_LINE: line } });
    return asked.map(({ body }) => JSON.parse(body ?? "").Context);
  };
  assert.deepEqual(await contexts("nomad logs "), ["allocs"]);
  assert.deepEqual(await contexts("nomad logs -job "), ["jobs"]);
  assert.deepEqual(await contexts("nomad run "), [], "files are for the shell");
});

test("an agent that does not answer costs a moment, and no error", async () => {
  const never = {
    pieces: (async function* () {
      await new Promise(() => {});
      yield "";
    })(),
  };
  assert.deepEqual(await offered("nomad stop ", { agent: { "PUT /v1/search": never }, neverWakes: false }), []);
  assert.deepEqual(await offered("nomad stop "), []);
  assert.deepEqual(
    await offered("nomad stop ", { agent: { "PUT /v1/search": { status: 500, text: "No cluster leader" } } }),
    [],
  );
  assert.deepEqual(await offered("nomad stop ", { agent: { "PUT /v1/search": { json: {} } } }), []);
});

test("T25: an ID that would make a shell do something is not offered", async () => {
  const jobs = [
    "web",
    "$(reboot)",
    "`reboot`",
    "a;reboot",
    "a b",
    "a\nb",
    "a|b",
    "a&b",
    "a'b",
    'a"b',
    "a\u001b[2J",
    "~",
    "*",
    "a>b",
  ];
  assert.deepEqual(await offered("nomad stop ", finds({ jobs })), ["web"]);
});

test("an ID that a command would take for a flag is not offered", async () => {
  assert.deepEqual(await offered("nomad job stop ", finds({ jobs: ["-purge", "--purge", "a-purge", "w"] })), [
    "a-purge",
    "w",
  ]);
});

test("only what stands before the cursor counts", async () => {
  assert.deepEqual(await offered("nomad no status", { variables: { COMP_POINT: "8" } }), [
    "node",
    "node-drain",
    "node-status",
  ]);
  assert.deepEqual(await offered("nomad versi", { variables: { COMP_POINT: "x" } }), ["version"]);
});
