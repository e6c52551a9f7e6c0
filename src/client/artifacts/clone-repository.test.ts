import assert from "node:assert";
import { afterEach, before, beforeEach, describe, test } from "node:test";
import type { HttpRequest, HttpResponse } from "../../runtime/index.ts";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { ArtifactWorld } from "./testing/artifact-world.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const signal = new AbortController().signal;
let world: ArtifactWorld;
let isThere = true;

before(async () => {
  const found = runtime.processes.run(program("/", "--version"), { signal });
  isThere = await found.then(({ exitCode }) => exitCode === 0).catch(() => false);
});

beforeEach(async () => {
  world = await ArtifactWorld.open(runtime);
});
afterEach(async () => {
  assert.deepEqual(
    (await world.outside()).filter((name) => !["repository", "served.git"].includes(name)),
    ["alloc", "precious", "task", "untouched"],
  );
  await world.close();
});

function program(workingDirectory: string, ...args: readonly string[]) {
  const identity = {
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b",
  };
  const env = {
    PATH: runtime.processes.environment.PATH ?? "",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    ...identity,
  };
  return { command: "git", args, env, workingDirectory };
}

async function git(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runtime.processes.run(program(`${world.root}/repository`, ...args), {
    signal,
  });
  assert.equal(exitCode, 0, stderr);
  return stdout.trim();
}

async function commit(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const whole = `${world.root}/repository/${path}`;
    await runtime.disk.makeDirectory(whole.slice(0, whole.lastIndexOf("/")));
    await runtime.disk.writeAtomically(whole, Buffer.from(content));
  }
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "change");
  return git("rev-parse", "HEAD");
}

/** A repository on the server, with a first commit, a tag on it, a branch, and a second commit. */
async function serveRepository(): Promise<{ source: string; first: string }> {
  await runtime.disk.makeDirectory(`${world.root}/repository`);
  await git("init", "--quiet", "--initial-branch=main");
  const first = await commit({ README: "one", "sub/file": "inner" });
  await git("tag", "v1");
  await git("checkout", "--quiet", "-b", "side");
  await commit({ README: "side" });
  await git("checkout", "--quiet", "main");
  await commit({ README: "two" });
  await publish();
  return { source: `git::http://${world.address}/served.git`, first };
}

async function publish(): Promise<void> {
  await git("clone", "--quiet", "--bare", ".", `${world.root}/served.git`);
  for (const path of ["/served.git/info/refs", "/served.git/git-upload-pack"]) world.serve(path, backend);
}

/** Git's own server, as a web server runs it. */
async function backend({ method, target, headers, body }: HttpRequest, response: HttpResponse): Promise<void> {
  const [path = "", query = ""] = target.split("?");
  const plain = program("/", "http-backend");
  const env = {
    ...plain.env,
    ...{ GIT_PROJECT_ROOT: world.root, GIT_HTTP_EXPORT_ALL: "1", PATH_INFO: path, QUERY_STRING: query },
    ...{ REQUEST_METHOD: method, CONTENT_TYPE: headers["content-type"] ?? "" },
    ...{ HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "", GIT_PROTOCOL: headers["git-protocol"] ?? "" },
  };
  const { output, ended } = runtime.processes.pipe({ ...plain, env }, { signal, input: body });
  const chunks: Uint8Array[] = [];
  for await (const chunk of output) chunks.push(chunk);
  await ended;
  const answer = Buffer.concat(chunks);
  const end = answer.indexOf("\r\n\r\n");
  const head = answer.subarray(0, end).toString("latin1").split("\r\n");
  const fields = head.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]);
  response.begin(
    Number(fields.find(([name]) => name === "Status")?.[1]?.slice(0, 3) ?? 200),
    Object.fromEntries(fields),
  );
  await response.end(answer.subarray(end + 4));
}

describe("a repository", () => {
  const gitTest = (name: string, run: () => Promise<void>) =>
    test(name, async (context) => (isThere ? run() : context.skip("git is not on this machine")));
  const readme = async () => (await world.found())["local/README"];

  gitTest("is cloned as its default branch is", async () => {
    const { source } = await serveRepository();
    await world.get({ GetterSource: source });
    assert.equal(await readme(), "644 two");
    assert.equal((await world.found())["local/sub/file"], "644 inner");
  });

  gitTest("is asked for with the name and the password of its URL, which stand nowhere the task can read", async () => {
    await serveRepository();
    const logins: (string | undefined)[] = [];
    for (const path of ["/served.git/info/refs", "/served.git/git-upload-pack"]) {
      world.serve(path, (request, response) => {
        logins.push(request.headers.authorization);
        return backend(request, response);
      });
    }
    await world.get({ GetterSource: `git::http://ann:pass%20word@${world.address}/served.git` });
    assert.deepEqual([...new Set(logins)], [`Basic ${Buffer.from("ann:pass word").toString("base64")}`]);
    const config = (await world.found())["local/.git/config"] ?? "";
    assert.match(config, /url = http:/);
    assert.doesNotMatch(config, /ann|pass/);
  });

  gitTest("is checked out at a branch, a tag, or a commit", async () => {
    const { source, first } = await serveRepository();
    for (const [ref, content] of [
      ["side", "side"],
      ["v1", "one"],
      [first, "one"],
      [first.slice(0, 10), "one"],
      ["main", "two"],
    ] as const) {
      await world.get({ GetterSource: source, GetterOptions: { ref }, RelativeDest: `at-${ref}` });
      assert.equal((await world.found())[`at-${ref}/README`], `644 ${content}`, ref);
    }
    const missing = world.get({ GetterSource: source, GetterOptions: { ref: "nope" } });
    await assert.rejects(missing, { message: 'the repository has no ref "nope"' });
  });

  gitTest("is cloned no deeper than asked for", async () => {
    const { source } = await serveRepository();
    await world.get({ GetterSource: source, GetterOptions: { depth: "1", ref: "side" } });
    assert.equal(await readme(), "644 side");
    const count = program(`${world.root}/task/local`, "-c", "safe.directory=*", "rev-list", "--count", "HEAD");
    assert.equal((await runtime.processes.run(count, { signal })).stdout, "1\n");
  });

  gitTest("gives only a part of it where the source names one", async () => {
    const { source } = await serveRepository();
    await world.get({ GetterSource: `${source}//sub?ref=v1` });
    assert.deepEqual({ ...(await world.found()) }, { "local/": "777", "local/file": "644 inner" });
  });

  gitTest("T32: with a link that leads out is refused, and nothing is left", async () => {
    await serveRepository();
    await runtime.disk.removeTree(`${world.root}/served.git`);
    const link = {
      command: "ln",
      args: ["-s", "../../../precious", "out"],
      env: {},
      workingDirectory: `${world.root}/repository`,
    };
    await runtime.processes.run({ ...link, env: runtime.processes.environment }, { signal });
    await commit({ more: "x" });
    await publish();
    const refused = world.get({ GetterSource: `git::http://${world.address}/served.git` });
    await assert.rejects(refused, { message: 'the link "out" to "../../../precious" leads out of the artifact' });
    assert.deepEqual({ ...(await world.found()) }, { "local/": "777" });
  });

  gitTest("T34: brings no hooks, runs no filter, and fetches no submodule", async () => {
    await serveRepository();
    await runtime.disk.removeTree(`${world.root}/served.git`);
    await commit({
      ".gitattributes": "* filter=evil\n",
      ".gitmodules": `[submodule "m"]\n\tpath = m\n\turl = http://${world.address}/module.git\n`,
    });
    await publish();
    await runtime.disk.makeDirectory(`${world.root}/served.git/hooks`);
    await runtime.disk.writeAtomically(
      `${world.root}/served.git/hooks/post-checkout`,
      Buffer.from("#!/bin/sh\ntouch evil\n"),
      0o755,
    );
    await world.get({ GetterSource: `git::http://${world.address}/served.git` });
    const paths = Object.keys(await world.found());
    assert.deepEqual(
      paths.filter((path) => /evil|hooks/.test(path)),
      [],
    );
    assert.equal(
      world.requests.some(({ target }) => target.startsWith("/module.git")),
      false,
    );
  });

  gitTest("that is not there fails, and nothing is left", async () => {
    await assert.rejects(
      world.get({ GetterSource: `git::http://${world.address}/none.git` }),
      /git failed with exit code 128/,
    );
    assert.deepEqual({ ...(await world.found()) }, { "local/": "777" });
  });
});

test("T34: what git would take for an option is refused before git is started", async () => {
  const source = `git::http://${world.address}/served.git`;
  for (const [GetterSource, GetterOptions] of [
    [source, { ref: "--upload-pack=touch evil" }],
    [`${source}?ref=-x`, {}],
    [source, { depth: "-1" }],
    [source, { depth: "1 --config x" }],
    ["git::ssh://-oProxyCommand=evil/x", {}],
    ["git::ssh://-oProxyCommand@host/x", {}],
    ["git::ext::sh -c evil", {}],
    ["git::--upload-pack=evil", {}],
    ["git::/etc", {}],
  ] as const) {
    await assert.rejects(
      world.get({ GetterSource, GetterOptions }),
      { name: "ArtifactError", isRecoverable: false },
      GetterSource,
    );
  }
  assert.equal(world.requests.length, 0);
});
