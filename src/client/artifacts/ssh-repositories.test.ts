import assert from "node:assert";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { ArtifactWorld } from "./testing/artifact-world.ts";
import { missingForSsh, SshServer } from "./testing/ssh-server.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const never = new AbortController().signal;

/** Repositories behind a real sshd on the loopback, which lets in who has one key. */
describe("a repository over ssh", { skip: await missingForSsh(runtime) }, () => {
  let server: SshServer;
  let world: ArtifactWorld;
  const run = async (command: string, workingDirectory: string, ...args: readonly string[]) => {
    const identity = {
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@b",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@b",
    };
    const env = {
      PATH: runtime.processes.environment.PATH ?? "",
      HOME: server.home,
      HGRCPATH: "",
      HGUSER: "a",
      ...identity,
    };
    const { exitCode, stderr } = await runtime.processes.run(
      { command, args, env, workingDirectory },
      { signal: never },
    );
    assert.equal(exitCode, 0, stderr);
  };

  before(async () => {
    server = await SshServer.start(runtime);
    for (const kind of ["git", "hg"]) {
      const repository = `${server.home}/of-${kind}`;
      await runtime.disk.makeDirectory(repository);
      await run(kind, repository, "init", "--quiet");
      await runtime.disk.writeAtomically(`${repository}/README`, Buffer.from(kind), 0o644);
      await run(kind, repository, "add", "README");
      await run(kind, repository, "commit", "--quiet", "--message", "change");
    }
  });
  after(() => server?.close());
  beforeEach(async () => {
    world = await ArtifactWorld.open(runtime);
  });
  afterEach(() => world.close());

  /** Mercurial takes a path for one below the user's home unless it begins with a slash of its own. */
  const sourceOf = (kind: string) => {
    const path = `${kind === "hg" ? "/%2F" : "/"}${server.home.slice(1)}/of-${kind}`;
    return `${kind}::ssh://${server.user}@127.0.0.1:${server.port}${path}`;
  };
  const readme = async () => (await world.found())["local/README"];

  for (const kind of ["git", "hg"]) {
    test(`is fetched by ${kind} with the job's key, of which nothing is left`, async () => {
      await world.get({ GetterSource: sourceOf(kind), GetterOptions: { sshkey: server.key } });
      assert.equal(await readme(), `644 ${kind}`);
      const names = Object.keys(await world.found());
      assert.deepEqual(
        names.filter((name) => /key|artifact/.test(name)),
        [],
      );
    });

    test(`is not fetched by ${kind} without a key, or with another one`, async () => {
      await assert.rejects(world.get({ GetterSource: sourceOf(kind) }), new RegExp(`${kind} failed`));
      const another = { sshkey: server.otherKey };
      await assert.rejects(
        world.get({ GetterSource: sourceOf(kind), GetterOptions: another }),
        /Permission denied|failed/,
      );
      assert.deepEqual(Object.keys(await world.found()), ["local/"]);
    });

    test(`T34: is fetched by ${kind} from hosts that the operator knows, where there is a list of them, and from no other`, async () => {
      const get = (knownHosts: string) =>
        world.get({ GetterSource: sourceOf(kind), GetterOptions: { sshkey: server.key } }, { limits: { knownHosts } });
      await assert.rejects(get("/dev/null"), /[Hh]ost key verification failed|failed/);
      await assert.rejects(get(await server.knownHosts("another")), /failed/);
      assert.equal(await readme(), undefined);
      await get(await server.knownHosts("its own"));
      assert.equal(await readme(), `644 ${kind}`);
    });
  }
});
