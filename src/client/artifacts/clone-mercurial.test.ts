import assert from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { seconds } from "../../base/index.ts";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { ArtifactWorld } from "./testing/artifact-world.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const never = new AbortController().signal;

/** A program with no configuration of the machine's. */
function hg(workingDirectory: string, ...args: readonly string[]) {
  const env = { PATH: runtime.processes.environment.PATH ?? "", HGRCPATH: "", HGUSER: "a", HOME: "/nonexistent" };
  return { command: "hg", args, env, workingDirectory };
}

const isThere = await runtime.processes.run(hg("/", "--version"), { signal: never }).then(
  ({ exitCode }) => exitCode === 0,
  () => false,
);

describe("a repository of Mercurial", { skip: !isThere && "Debian's mercurial is needed" }, () => {
  const stop = new AbortController();
  let home: string;
  let source: string;
  let served: Promise<unknown>;
  let world: ArtifactWorld;
  const run = async (...args: readonly string[]) => {
    const { exitCode, stderr } = await runtime.processes.run(hg(`${home}/repository`, ...args), { signal: never });
    assert.equal(exitCode, 0, stderr);
  };
  const commit = async (path: string, content: string) => {
    await runtime.disk.writeAtomically(`${home}/repository/${path}`, Buffer.from(content), 0o644);
    await run("commit", "--quiet", "--addremove", "--message", "change");
  };

  before(async () => {
    home = await runtime.disk.makeTemporaryDirectory("mercurial-test-");
    await runtime.disk.makeDirectory(`${home}/repository/sub`);
    await run("init");
    await commit("README", "one");
    await run("tag", "v1");
    await commit("sub/inner", "inner");
    await commit("README", "two");
    const serve = hg(
      `${home}/repository`,
      "serve",
      "--address",
      "127.0.0.1",
      "--port",
      "0",
      "--accesslog",
      "/dev/null",
    );
    const { output, ended } = runtime.processes.pipe(serve, { signal: stop.signal });
    served = ended.catch(() => undefined);
    const { value: said } = await output[Symbol.asyncIterator]().next();
    const [, port] = /:(\d+)\D*$/.exec(Buffer.from(said).toString()) ?? [];
    source = `hg::http://127.0.0.1:${port}`;
  });
  after(async () => {
    stop.abort();
    await served;
    await runtime.disk.removeTree(home);
  });
  beforeEach(async () => {
    world = await ArtifactWorld.open(runtime);
  });
  afterEach(async () => {
    assert.deepEqual(await world.outside(), ["alloc", "precious", "task", "untouched"]);
    await world.close();
  });

  const content = async (path: string) => (await world.found())[`local/${path}`];

  test("is fetched as it is now, at a tag or at a number", async () => {
    await world.get({ GetterSource: source });
    assert.equal(await content("README"), "644 two");
    await world.get({ GetterSource: source, GetterOptions: { rev: "v1" }, RelativeDest: "local/v1" });
    assert.equal(await content("v1/README"), "644 one");
    await world.get({ GetterSource: `${source}?rev=0`, RelativeDest: "local/first" });
    assert.equal(await content("first/README"), "644 one");
  });

  test("has parts", async () => {
    await world.get({ GetterSource: `${source}//sub` });
    assert.deepEqual(Object.keys(await world.found()), ["local/", "local/inner"]);
  });

  test("that is not there, or has no such revision, fails, and nothing is left", async () => {
    await assert.rejects(world.get({ GetterSource: source, GetterOptions: { rev: "none" } }), /hg failed.*none/);
    await assert.rejects(world.get({ GetterSource: "hg::http://127.0.0.1:1/none" }), /hg failed/);
    assert.deepEqual(Object.keys(await world.found()), ["local/"]);
  });

  test("T32: with a link that leads out is refused, and nothing is left", async () => {
    const { exitCode } = await runtime.processes.run(
      { command: "ln", args: ["-s", "/etc/passwd", "evil"], env: {}, workingDirectory: `${home}/repository` },
      { signal: never },
    );
    assert.equal(exitCode, 0);
    await run("commit", "--quiet", "--addremove", "--message", "evil");
    await assert.rejects(world.get({ GetterSource: source }), /the link "evil" to "\/etc\/passwd" is absolute/);
    assert.deepEqual(Object.keys(await world.found()), ["local/"]);
  });

  test("T34: that comes to more than is allowed, or takes too long, is given up", async () => {
    const rev = { rev: "v1" };
    await assert.rejects(world.get({ GetterSource: source, GetterOptions: rev }, { limits: { unpackedBytes: 10 } }));
    const limits = { mercurialTime: seconds(0) };
    await assert.rejects(world.get({ GetterSource: source, GetterOptions: rev }, { limits }), /cloning took longer/);
    assert.deepEqual(Object.keys(await world.found()), ["local/"]);
  });

  test("T34: what Mercurial would take for an option, an expression or a path of this machine is refused", async () => {
    for (const rev of ["--config=ui.ssh=touch", "-r", "all()", "file('set:**')", "a b", "x:y", "\n"]) {
      await assert.rejects(world.get({ GetterSource: source, GetterOptions: { rev } }), /invalid hg rev/);
    }
    for (const url of ["hg::file:///etc", "hg::static-http://h/r", "hg::git://h/r", "hg::bundle://h/r"]) {
      await assert.rejects(world.get({ GetterSource: url }), /not supported for scheme 'hg'/);
    }
    await assert.rejects(world.get({ GetterSource: "hg::ssh://-oProxyCommand=touch/r" }), /invalid hg URL/);
    await assert.rejects(world.get({ GetterSource: "/repository" }), /not supported for scheme 'file'/);
  });

  test("a login of the source stands on no command line and in nothing that is left", async () => {
    const asked: (string | undefined)[] = [];
    world.serve("/guarded", async ({ headers }, response) => {
      asked.push(headers.authorization);
      response.begin(401, { "WWW-Authenticate": 'Basic realm="r"' });
      await response.end();
    });
    await assert.rejects(world.get({ GetterSource: `hg::http://me:s3%20cret@${world.address}/guarded` }), (error) => {
      assert.doesNotMatch(String(error), /s3/);
      return true;
    });
    assert.ok(asked.includes(`Basic ${Buffer.from("me:s3 cret").toString("base64")}`), String(asked));
  });
});
