import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, minutes, seconds } from "../../base/index.ts";
import { ManualClock, settled } from "../../runtime/index.ts";
import { type Answers, type ApiVersions, fakeEngine } from "../testing/fake-engine.ts";
import { Engine, EngineRefusal, EngineUnreachable, isMissing } from "./engine.ts";
import { imageReference } from "./image-reference.ts";
import { Images } from "./images.ts";

/** An engine that answers from a list, and what asks it. */
async function engineWith(answers: Answers, api?: ApiVersions) {
  const clock = new ManualClock(instantOf(0));
  const { http, address, ...fake } = await fakeEngine(answers, api);
  return { ...fake, clock, engine: new Engine(clock, async () => http.client(address)) };
}

const never = new AbortController().signal;

for (const [ApiVersion, MinAPIVersion, prefix] of [
  ["1.41", "1.12", "/v1.41"],
  ["1.50", "1.24", "/v1.41"],
  ["1.52", "1.44", "/v1.44"],
  ["1.40", "1.12", "/v1.40"],
  ["2.0", "1.9", "/v1.41"],
] as const) {
  test(`an engine that speaks ${MinAPIVersion} to ${ApiVersion} is asked in ${prefix}`, async () => {
    const { engine, what } = await engineWith(
      { [`GET ${prefix}/images/a%3A1/json`]: { body: { Id: "sha256:1" } } },
      { ApiVersion, MinAPIVersion },
    );
    assert.equal(await engine.imageID("a:1"), "sha256:1");
    assert.deepEqual(what(), ["GET /version", `GET ${prefix}/images/a%3A1/json`]);
  });
}

test("what is missing is no error, and what is refused is one with the engine's words", async () => {
  const { engine } = await engineWith({
    "POST /v1.41/containers/create": { status: 409, body: { message: "in use" } },
  });
  assert.equal(await engine.container("none"), undefined);
  await assert.rejects(engine.createContainer("n", {}), (error) => {
    assert.ok(error instanceof EngineRefusal);
    return error.status === 409 && error.message === "in use" && !isMissing(error);
  });
});

test("names cannot lead out of a path or a query", async () => {
  const { engine, asked } = await engineWith({});
  await engine.container("a?b#c d&e");
  await engine.removeContainer("x").catch(() => {});
  assert.deepEqual(
    asked.slice(1).map(({ target }) => target),
    ["/v1.41/containers/a%3Fb%23c%20d%26e/json", "/v1.41/containers/x?v=true&force=true"],
  );
});

test("an engine that is away, or breaks off, is unreachable, and is asked for its version again", async () => {
  let isBroken = true;
  const { engine, close, what } = await engineWith({
    "GET /v1.41/images/a/json": () => {
      if (isBroken) throw new Error("broken");
      return { body: { Id: "1" } };
    },
  });
  await assert.rejects(engine.imageID("a"), EngineUnreachable);
  isBroken = false;
  assert.equal(await engine.imageID("a"), "1");
  assert.equal(what().filter((each) => each === "GET /version").length, 2);
  await close();
  await assert.rejects(engine.imageID("a"), EngineUnreachable);
});

test("an engine that does not tell its version is unreachable, misses nothing, and is asked again", async () => {
  let status = 404;
  const { engine } = await engineWith({
    "GET /version": () => (status === 200 ? { body: { Version: "20.10", ApiVersion: "1.41" } } : { status }),
    "GET /v1.41/images/a/json": { body: { Id: "1" } },
  });
  for (const refusal of [404, 503]) {
    status = refusal;
    await assert.rejects(engine.imageID("a"), EngineUnreachable);
    await assert.rejects(engine.wait("a", never), EngineUnreachable);
  }
  status = 200;
  assert.equal(await engine.imageID("a"), "1");
});

test("an engine that does not answer is not waited for longer than a minute", async () => {
  const { engine, clock } = await engineWith({ "GET /v1.41/containers/a/json": { pieces: [undefined] } });
  const asking = assert.rejects(engine.container("a"), EngineUnreachable);
  await settled();
  await clock.advance(minutes(1));
  await asking;
});

const lines = (...messages: readonly object[]) => messages.map((message) => `${JSON.stringify(message)}\r\n`);

test("a pull tells how far it is, and passes on who we are", async () => {
  const { engine, asked } = await engineWith({
    "POST /v1.41/images/create": {
      pieces: ['{"status":"Downlo', 'ading","id":"l1","progressDetail":{"current":1,"total":2}}\r\n{"status":"Done"}'],
    },
  });
  const messages = [];
  for await (const each of engine.pull({ repository: "r/a", tag: "1", login: '{"ab":"~?>>?~?"}' }, never))
    messages.push(each);
  assert.deepEqual(
    messages.map(({ status }) => status),
    ["Downloading", "Done"],
  );
  assert.equal(asked[1]?.target, "/v1.41/images/create?fromImage=r%2Fa&tag=1");
  // Base64 as URLs have it, and padded: the engine overlooks any other.
  assert.equal(asked[1]?.login, "eyJhYiI6In4_Pj4_fj8ifQ==");
});

const wanted = (name: string, told: string[] = []) => ({
  reference: imageReference(name),
  load: undefined,
  login: undefined,
  tell: (message: string) => told.push(message),
  signal: never,
});

test("an image that is there is not pulled, but for latest", async () => {
  const there = { body: { Id: "id" } };
  const { engine, clock, what } = await engineWith({
    "GET /v1.41/images/a%3A1/json": there,
    "GET /v1.41/images/a%3Alatest/json": there,
    "POST /v1.41/images/create": { pieces: [] },
  });
  const images = new Images(clock, engine, { removeUnused: false });
  assert.equal(await images.take(wanted("a:1")), "id");
  assert.deepEqual(what(), ["GET /version", "GET /v1.41/images/a%3A1/json"]);
  assert.equal(await images.take(wanted("a")), "id");
  assert.deepEqual(what().slice(2), ["POST /v1.41/images/create", "GET /v1.41/images/a%3Alatest/json"]);
});

test("tasks that want an image at once have it pulled once, and each is told", async () => {
  let looks = 0;
  const { engine, clock, what } = await engineWith({
    "GET /v1.41/images/a%3A1/json": () => (++looks > 2 ? { body: { Id: "id" } } : { status: 404 }),
    "POST /v1.41/images/create": { pieces: lines({ status: "Pull complete", id: "l1" }) },
  });
  const images = new Images(clock, engine, { removeUnused: false });
  const told: string[] = [];
  assert.deepEqual(await Promise.all([images.take(wanted("a:1", told)), images.take(wanted("a:1", told))]), [
    "id",
    "id",
  ]);
  assert.equal(what().filter((each) => each.startsWith("POST")).length, 1);
  assert.deepEqual(told, ["Downloading image a:1", "Downloading image a:1"]);
});

for (const [message, isRecoverable] of [
  ["manifest for a:1 not found: manifest unknown", false],
  ["pull access denied for a, repository does not exist or may require 'docker login'", false],
  ["Error: image library/a not found", false],
  ["unauthorized: authentication required", false],
  ['Head "https://r.example.com/v2/a/manifests/1": no basic auth credentials', false],
  ["dial tcp: lookup registry on 10.0.0.1:53: no such host", true],
  ["net/http: TLS handshake timeout", true],
  ["toomanyrequests: slow down", true],
] as const) {
  test(`a pull that fails with "${message}" is ${isRecoverable ? "" : "not "}tried again`, async () => {
    const { engine, clock } = await engineWith({ "POST /v1.41/images/create": { pieces: lines({ error: message }) } });
    const images = new Images(clock, engine, { removeUnused: false });
    await assert.rejects(images.take(wanted("a:1")), {
      name: "DriverStartError",
      message: `Failed to pull \`a:1\`: ${message}`,
      isRecoverable,
    });
  });
}

test("how far a long pull is is told every now and then, and one from which nothing comes is given up", async () => {
  const layer = { status: "Downloading", id: "l1", progressDetail: { current: 1_048_576, total: 4_194_304 } };
  const { engine, clock } = await engineWith({
    "POST /v1.41/images/create": { pieces: [...lines(layer, { status: "Already exists", id: "l2" }), undefined] },
  });
  const told: string[] = [];
  const taking = assert.rejects(new Images(clock, engine, { removeUnused: false }).take(wanted("a:1", told)), {
    message: "Failed to pull `a:1`: nothing came for 5m",
    isRecoverable: true,
  });
  await settled();
  for (let half = 0; half < 12; half++) {
    await clock.advance(seconds(30));
    await settled();
  }
  await taking;
  assert.deepEqual(told.slice(0, 2), [
    "Downloading image a:1",
    "Image pull progress: Pulled 1/2 (1.0MiB/4.0MiB) layers",
  ]);
});

test("who does not want its task any more does not wait for the pull, which goes on for others", async () => {
  let looks = 0;
  const { engine, clock, close } = await engineWith({
    "GET /v1.41/images/a%3A1/json": () => (++looks > 2 ? { body: { Id: "id" } } : { status: 404 }),
    "POST /v1.41/images/create": { pieces: [...lines({ status: "Downloading" }), undefined] },
  });
  const images = new Images(clock, engine, { removeUnused: false });
  const unwanted = new AbortController();
  const first = assert.rejects(images.take({ ...wanted("a:1"), signal: unwanted.signal }), /not wanted any more/);
  const second = assert.rejects(images.take(wanted("a:1")), /Failed to pull/);
  await settled();
  unwanted.abort();
  await first;
  await close();
  await second;
});

test("an image is removed with its last task, and that the engine keeps it is fine", async () => {
  const { engine, clock, what } = await engineWith({
    "DELETE /v1.41/images/id": { status: 409, body: { message: "image is being used" } },
  });
  const images = new Images(clock, engine, { removeUnused: true });
  images.keep("id");
  images.keep("id");
  await images.release("id");
  assert.deepEqual(what(), []);
  await images.release("id");
  assert.deepEqual(what(), ["GET /version", "DELETE /v1.41/images/id"]);
});
