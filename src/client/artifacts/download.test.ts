import assert from "node:assert";
import { afterEach, beforeEach, test } from "node:test";
import { seconds } from "../../base/index.ts";
import type { HttpRequest, HttpResponse } from "../../runtime/index.ts";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { ArtifactWorld } from "./testing/artifact-world.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
let world: ArtifactWorld;

beforeEach(async () => {
  world = await ArtifactWorld.open(runtime);
});

/** Whatever became of a download, nothing of it lies about. */
afterEach(async () => {
  assert.deepEqual(
    Object.keys(await world.found()).filter((path) => path.includes("artifact")),
    [],
  );
  await world.close();
});

const found = async (name: string) => (await world.found())[`local/${name}`];

function redirectTo(location: string, status = 302) {
  return async (_: HttpRequest, response: HttpResponse) => {
    response.begin(status, { Location: location });
    await response.end();
  };
}

test("redirects are followed, ten and no more", async () => {
  world.serve("/hop-0", "there");
  for (let hops = 1; hops <= 11; hops++)
    world.serve(`/hop-${hops}`, redirectTo(`/hop-${hops - 1}`, [301, 302, 303, 307, 308][hops % 5]));
  await world.get({ GetterSource: `http://${world.address}/hop-10`, GetterMode: "file", RelativeDest: "local/hop" });
  assert.equal(await found("hop"), "644 there");
  const tooMany = world.get({ GetterSource: `http://${world.address}/hop-11` });
  await assert.rejects(tooMany, { message: "stopped after 10 redirects" });
});

test("T34: a redirect to another scheme is not followed", async () => {
  for (const location of ["file:///etc/passwd", "ftp://example.org/x", "data:text/plain,x"]) {
    const refused = world.get({ GetterSource: world.serve("/away", redirectTo(location)) });
    await assert.rejects(refused, /^ArtifactError: a redirect to scheme '(file|ftp|data)' is not followed$/);
  }
});

test("T34: addresses of the link and of metadata services are not asked, whoever leads there", async () => {
  const addresses = [
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "[fe80::1]",
    "[::ffff:169.254.169.254]",
    "100.100.100.200",
  ];
  for (const address of addresses) {
    const message = /^ArtifactError: Connections to .* are not allowed by this client$/;
    await assert.rejects(world.get({ GetterSource: `http://${address}/latest/meta-data/` }), message);
    const led = world.get({ GetterSource: world.serve("/led", redirectTo(`http://${address}/latest/`)) });
    await assert.rejects(led, message);
  }
});

test("headers and credentials go to the host of the source, and to no other", async () => {
  const other = await ArtifactWorld.open(runtime);
  try {
    const there = other.serve("/file", "x");
    world.serve("/here", redirectTo("/there"));
    world.serve("/there", redirectTo(there));
    const GetterSource = `http://user:pass%20word@${world.address}/here`;
    const { source } = await world.get({ GetterSource, GetterHeaders: { "X-Secret": "s" } });
    assert.equal(source, `http://${world.address}/here`, "what is told of it has no credentials");
    const sent = [...world.requests, ...other.requests].map(({ headers }) => [
      headers["x-secret"],
      headers.authorization,
    ]);
    const basic = `Basic ${Buffer.from("user:pass word").toString("base64")}`;
    assert.deepEqual(sent, [
      ["s", basic],
      ["s", basic],
      [undefined, undefined],
    ]);
  } finally {
    await other.close();
  }
});

test("headers that frame a request, or would begin another, are refused", async () => {
  const GetterSource = world.serve("/x", "x");
  for (const [name, value] of [
    ["Transfer-Encoding", "chunked"],
    ["host", "x"],
    ["a b", "x"],
    ["X", "a\r\nY: b"],
  ] as const) {
    const GetterHeaders = { [name]: value };
    await assert.rejects(
      world.get({ GetterSource, GetterHeaders }),
      /^ArtifactError: the header ".*" (cannot be set|has an invalid value)$/,
    );
  }
  assert.equal(world.requests.length, 0);
});

/** Answers with half of a text and breaks off when that has come, once; then as `rest` does. */
function broken(
  headers: Readonly<Record<string, string>>,
  rest: (request: HttpRequest, response: HttpResponse) => Promise<void>,
) {
  let asked = 0;
  const half = Promise.withResolvers<void>();
  const progress = (received: number) => {
    if (received >= text.length / 2) half.resolve();
  };
  const answer = async (request: HttpRequest, response: HttpResponse) => {
    if (asked++ > 0) return rest(request, response);
    response.begin(200, { "Content-Length": String(text.length), ...headers });
    await response.write(text.slice(0, text.length / 2));
    await half.promise;
    response.destroy();
  };
  return { answer, progress };
}

const text = "0123456789".repeat(20_000);

test("a download that breaks off goes on where it was, if the file is still the same", async () => {
  const { answer, progress } = broken({ ETag: '"one"' }, async ({ headers }, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1]);
    response.begin(206, { "Content-Range": `bytes ${from}-${text.length - 1}/${text.length}` });
    await response.end(text.slice(from));
  });
  await world.get({ GetterSource: world.serve("/file", answer) }, { progress });
  assert.equal(await found("file"), `644 ${text}`);
  const asked = world.requests.map(({ headers }) => [headers.range, headers["if-range"]]);
  assert.deepEqual(asked, [
    [undefined, undefined],
    [`bytes=${text.length / 2}-`, '"one"'],
  ]);
});

test("T34: what changes between two parts of a download is fetched anew, and never mixed", async () => {
  const changed = text.toUpperCase().replaceAll("0", "X");
  const whole = async (_: HttpRequest, response: HttpResponse) => {
    response.begin(200, { ETag: '"two"' });
    await response.end(changed);
  };
  for (const ETag of ['"one"', 'W/"one"', "none"]) {
    const { answer, progress } = broken({ ETag }, whole);
    await world.get({ GetterSource: world.serve("/file", answer) }, { progress });
    assert.equal(await found("file"), `644 ${changed}`);
  }
});

test("T34: a download without end stops at the largest size, said or not", async () => {
  const limits = { downloadBytes: 100_000 };
  const endless = world.serve("/endless", async (_, response) => {
    response.begin(200, {});
    for (;;) await response.write(text);
  });
  await assert.rejects(world.get({ GetterSource: endless }, { limits }), {
    message: "the download is larger than 100000 bytes",
  });
  const said = world.serve("/said", text);
  await assert.rejects(world.get({ GetterSource: said }, { limits }), {
    message: "the download is larger than 100000 bytes",
  });
});

test("T34: a server that stops in the middle is given up, and so is one that never begins", async () => {
  const limits = { stallTime: seconds(0.2) };
  const message = "the server has sent nothing for 200ms";
  const hangs = (bytes: string) => async (_: HttpRequest, response: HttpResponse) => {
    if (bytes !== "") response.begin(200, {});
    if (bytes !== "") await response.write(bytes);
    await new Promise<void>(() => {});
  };
  for (const bytes of ["", "some"]) {
    await assert.rejects(world.get({ GetterSource: world.serve("/hangs", hangs(bytes)) }, { limits }), { message });
  }
});

test("a download ends at once when its signal fires, with that reason", async () => {
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const GetterSource = world.serve("/slow", async (_, response) => {
    response.begin(200, {});
    await response.write("some");
    begun.resolve();
    await new Promise<void>(() => {});
  });
  const ended = world.get({ GetterSource }, { signal: stop.signal });
  await begun.promise;
  stop.abort(new Error("stopped"));
  await assert.rejects(ended, { message: "stopped" });
});

test("what is no 200 fails with its code, and nobody listening with the system's word", async () => {
  for (const status of [204, 404, 500]) {
    const GetterSource = world.serve("/status", async (_, response) => {
      response.begin(status, {});
      await response.end();
    });
    await assert.rejects(world.get({ GetterSource }), { message: `bad response code: ${status}`, isRecoverable: true });
  }
  await assert.rejects(world.get({ GetterSource: "http://127.0.0.1:1/x" }), { code: "ECONNREFUSED" });
});
