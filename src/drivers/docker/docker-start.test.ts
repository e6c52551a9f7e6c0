import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { settled } from "../../runtime/index.ts";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { type Answers, fakeEngine } from "../testing/fake-engine.ts";
import { TaskBench } from "../testing/task-bench.ts";
import type { DockerConfig } from "./docker-config.ts";
import { DockerDriver } from "./docker-driver.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const { disk, processes } = runtime;

async function putLinkAt(path: string): Promise<void> {
  await disk.removeTree(path);
  const program = { command: "/bin/ln", args: ["-s", "/", path], env: {}, workingDirectory: "/" };
  assert.equal((await processes.run(program, { signal: new AbortController().signal })).exitCode, 0);
}

function broken(): never {
  throw new Error("broken");
}

describe("a start", () => {
  let bench: TaskBench<DockerConfig>;
  before(async () => {
    bench = await TaskBench.open(runtime, new DockerDriver(runtime, { options: {}, chrootEnv: {} }));
  });
  after(() => bench.close());

  /** A task, a driver of an engine that answers so, and what the engine is asked once its image is looked for. */
  async function starting(answers: Answers, config: object = {}) {
    const task = bench.taskConfig({ image: "a:1", ...config });
    const name = `/v1.41/containers/web-${task.allocationID}`;
    const { http, address, what } = await fakeEngine({
      "GET /v1.41/images/a%3A1/json": { body: { Id: "i" } },
      "POST /v1.41/containers/create": { body: { Id: "c" } },
      "POST /v1.41/containers/c/start": { status: 204 },
      [`DELETE ${name}`]: { status: 204 },
      ...Object.fromEntries(Object.entries(answers).map(([question, said]) => [question.replace("NAME", name), said])),
    });
    const options = { "docker.endpoint": `tcp://${address}`, "docker.cleanup.image": "false" };
    const driver = new DockerDriver({ ...runtime, http }, { options, chrootEnv: {} });
    const questions = () => what().map((each) => each.replace(name, "NAME").replace("/v1.41", ""));
    return { driver, task, questions };
  }

  const hasRunDirectory = ({ directories }: { readonly directories: { readonly supervision: string } }) =>
    disk.status(directories.supervision).then(
      () => true,
      () => false,
    );

  test("T37: is refused when a volume became a link while the image was looked for", async () => {
    const link = `${bench.home}/task/local/one`;
    const { driver, task, questions } = await starting(
      { "GET /v1.41/images/a%3A1/json": () => putLinkAt(link).then(() => ({ body: { Id: "i" } })) },
      { volumes: ["local/one:/x"] },
    );
    await assert.rejects(driver.start(task), /invalid docker volume/);
    assert.deepEqual(questions(), ["GET /version", "GET /images/a%3A1/json"]);
  });

  test("T37: is refused when a volume became a link while the container was made", async () => {
    const link = `${bench.home}/task/local/two`;
    const { driver, task, questions } = await starting(
      { "POST /v1.41/containers/create": () => putLinkAt(link).then(() => ({ body: { Id: "c" } })) },
      { volumes: ["local/two:/x"] },
    );
    await assert.rejects(driver.start(task), { name: "DriverStartError", mayRun: false });
    assert.deepEqual(questions().slice(2), ["POST /containers/create", "DELETE NAME"]);
    assert.equal(await hasRunDirectory(task), false);
  });

  test("that asks for what cannot be has no image fetched for it", async () => {
    const { driver, task, questions } = await starting({}, { volumes: ["/etc:/x"] });
    await assert.rejects(driver.start(task), /invalid docker volume/);
    assert.deepEqual(questions(), []);
  });

  test("that may have had its way all the same is told as such, and what it is found by stays", async () => {
    const { driver, task } = await starting({
      "POST /v1.41/containers/c/start": broken,
      "DELETE NAME": broken,
    });
    await assert.rejects(driver.start(task), { name: "DriverStartError", mayRun: true, isRecoverable: true });
    assert.equal(await hasRunDirectory(task), true);
  });

  test("that failed and left no container behind leaves nothing", async () => {
    const { driver, task } = await starting({ "POST /v1.41/containers/c/start": broken });
    await assert.rejects(driver.start(task), { name: "DriverStartError", mayRun: false, isRecoverable: true });
    assert.equal(await hasRunDirectory(task), false);
  });

  test("that is not wanted any more does not wait for the archives of its image", { timeout: 10_000 }, async () => {
    await disk.writeAtomically(`${bench.home}/task/local/image.tar`, Buffer.from("tar"));
    const unwanted = new AbortController();
    const { driver, task } = await starting(
      {
        "POST /v1.41/images/load": () => {
          void settled().then(() => unwanted.abort(new Error("not wanted")));
          return { pieces: [undefined] };
        },
      },
      { load: ["image.tar"] },
    );
    await assert.rejects(driver.start({ ...task, signal: unwanted.signal }), /image\.tar.*not wanted/);
  });

  for (const [question, status, isRecoverable] of [
    ["POST /v1.41/containers/c/start", 500, true],
    ["POST /v1.41/containers/create", 503, true],
    ["POST /v1.41/containers/c/start", 400, false],
    ["POST /v1.41/containers/create", 404, false],
  ] as const) {
    test(`that the engine refuses with ${status} is ${isRecoverable ? "" : "not "}tried again`, async () => {
      const { driver, task } = await starting({ [question]: { status, body: { message: "refused" } } });
      await assert.rejects(driver.start(task), {
        name: "DriverStartError",
        message: "Failed to start container: refused",
        isRecoverable,
        mayRun: false,
      });
    });
  }
});
