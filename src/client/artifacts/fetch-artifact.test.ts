import assert from "node:assert";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { ArtifactWorld } from "./testing/artifact-world.ts";
import { compressed } from "./testing/compressed.ts";
import { tarBytes } from "./testing/tar-bytes.ts";
import { zipBytes } from "./testing/zip-bytes.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
let world: ArtifactWorld;

beforeEach(async () => {
  world = await ArtifactWorld.open(runtime);
});
afterEach(() => world.close());

const program = [
  { name: "bin/", type: "5", mode: 0o755 },
  { name: "bin/run", content: "run", mode: 0o755 },
  { name: "README", content: "read" },
];
const unpackedProgram = {
  "local/": "777",
  "local/README": "644 read",
  "local/bin/": "755",
  "local/bin/run": "755 run",
};

describe("what is fetched", () => {
  test("is a file that all may read and nobody executes, under the name that its URL ends with", async () => {
    await world.get({ GetterSource: world.serve("/files/a%20b.txt", "hello") });
    assert.deepEqual({ ...(await world.found()) }, { "local/": "777", "local/a b.txt": "644 hello" });
  });

  test("makes the directories of its destination, and lets be what is there", async () => {
    const RelativeDest = "/deep/er";
    await world.get({ GetterSource: world.serve("/one", "1"), RelativeDest });
    await world.get({ GetterSource: world.serve("/two", "2"), RelativeDest });
    assert.deepEqual(
      { ...(await world.found()) },
      { "local/": "777", "deep/": "755", "deep/er/": "755", "deep/er/one": "644 1", "deep/er/two": "644 2" },
    );
  });

  test("may go to the allocation's shared directory by its path on the host", async () => {
    await world.get({ GetterSource: world.serve("/one", "1"), RelativeDest: `${world.root}/alloc/data` });
    assert.equal(Buffer.from(await runtime.disk.read(`${world.root}/alloc/data/one`)).toString(), "1");
  });

  test('goes by the name of its destination with mode "file"', async () => {
    await world.get({
      GetterSource: world.serve("/v1.2/tool-x86", "tool"),
      GetterMode: "file",
      RelativeDest: "bin/tool",
    });
    assert.deepEqual({ ...(await world.found()) }, { "local/": "777", "bin/": "755", "bin/tool": "644 tool" });
    const several = world.serve("/a.tar", tarBytes(program));
    const refused = world.get({ GetterSource: several, GetterMode: "file", RelativeDest: "bin/tool" });
    await assert.rejects(refused, { message: "expected a single file in the archive" });
  });

  test('must be an archive with mode "dir"', async () => {
    const refused = world.get({ GetterSource: world.serve("/plain", "x"), GetterMode: "dir" });
    await assert.rejects(refused, { message: 'mode "dir" needs an archive or a repository', isRecoverable: false });
  });

  test("goes by the name that an option gives it", async () => {
    await world.get({ GetterSource: world.serve("/download", "x"), GetterOptions: { filename: "named" } });
    assert.deepEqual({ ...(await world.found()) }, { "local/": "777", "local/named": "644 x" });
  });
});

describe("an archive", () => {
  for (const [ending, compression] of [
    ["tar", undefined],
    ["tar.gz", "gzip"],
    ["tgz", "gzip"],
    ["tar.bz2", "bzip2"],
    ["tbz2", "bzip2"],
    ["tar.xz", "xz"],
    ["txz", "xz"],
  ] as const) {
    test(`that ends with ${ending} is unpacked into the destination`, async () => {
      const tar = tarBytes(program);
      const bytes = compression === undefined ? tar : await compressed(runtime, compression, tar);
      await world.get({ GetterSource: world.serve(`/program.${ending}`, bytes) });
      assert.deepEqual({ ...(await world.found()) }, unpackedProgram);
    });
  }

  test("that ends with zip is unpacked into the destination, with the modes that it tells", async () => {
    await world.get({ GetterSource: world.serve("/program.zip", zipBytes(program.slice(1))) });
    assert.deepEqual({ ...(await world.found()) }, unpackedProgram);
  });

  for (const [ending, compression] of [
    ["gz", "gzip"],
    ["bz2", "bzip2"],
    ["xz", "xz"],
  ] as const) {
    test(`of one file that ends with ${ending} loses that ending`, async () => {
      const bytes = await compressed(runtime, compression, Buffer.from("data"));
      await world.get({ GetterSource: world.serve(`/table.csv.${ending}`, bytes) });
      assert.deepEqual({ ...(await world.found()) }, { "local/": "777", "local/table.csv": "644 data" });
    });
  }

  test("is what an option says it is, and none where the option says so", async () => {
    const bytes = tarBytes(program);
    await world.get({ GetterSource: world.serve("/unnamed", bytes), GetterOptions: { archive: "tar" } });
    assert.deepEqual({ ...(await world.found()) }, unpackedProgram);
    const kept = { GetterSource: world.serve("/kept.tar", "no tar"), GetterOptions: { archive: "false" } };
    await world.get({ ...kept, RelativeDest: "kept" });
    assert.equal((await world.found())["kept/kept.tar"], "644 no tar");
    const unknown = world.get({ ...kept, GetterOptions: { archive: "rar" } });
    await assert.rejects(unknown, { message: "unsupported archive type: rar", isRecoverable: false });
  });

  test("gives only the part that the source names after two slashes", async () => {
    const source = world.serve("/program.tar", tarBytes(program));
    await world.get({ GetterSource: `${source}//bin` });
    assert.deepEqual({ ...(await world.found()) }, { "local/": "777", "local/run": "755 run" });
    const missing = world.get({ GetterSource: `${source}//lib` });
    await assert.rejects(missing, { message: 'the artifact has no directory "lib"' });
  });

  test("joins what is there already, and replaces files of its names", async () => {
    await world.get({
      GetterSource: world.serve("/old.tar", tarBytes([{ name: "bin/run", content: "old" }, { name: "bin/kept" }])),
    });
    await world.get({ GetterSource: world.serve("/new.tar", tarBytes(program)) });
    const found = await world.found();
    assert.deepEqual([found["local/bin/run"], found["local/bin/kept"]], ["755 run", "644 "]);
  });

  test("keeps links within it, and what they lead to", async () => {
    const entries = [
      ...program,
      { name: "bin/also", type: "2", target: "../README" },
      { name: "hard", type: "1", target: "README" },
    ];
    await world.get({ GetterSource: world.serve("/linked.tar", tarBytes(entries)) });
    const found = await world.found();
    assert.deepEqual([found["local/bin/also"], found["local/hard"]], ["-> ../README", "644 read"]);
  });
});

describe("a checksum", () => {
  const bytes = tarBytes(program);
  for (const type of ["md5", "sha1", "sha256", "sha512"]) {
    test(`of type ${type} is that of the archive as it came`, async () => {
      const checksum = `${type}:${createHash(type).update(bytes).digest("hex")}`;
      await world.get({ GetterSource: world.serve("/program.tar", bytes), GetterOptions: { checksum } });
      assert.deepEqual({ ...(await world.found()) }, unpackedProgram);
    });
  }

  test("T34: that does not fit fails the artifact before anything is unpacked, and nothing is left", async () => {
    const GetterOptions = { checksum: `sha256:${"0".repeat(64)}` };
    const refused = world.get({ GetterSource: world.serve("/program.tar", "no tar at all"), GetterOptions });
    await assert.rejects(refused, /^ArtifactError: checksums did not match: expected sha256:0{64}, got [0-9a-f]{64}$/);
    assert.deepEqual({ ...(await world.found()) }, { "local/": "777" });
  });

  test("of a type that there is none of is refused, and does not reach the server", async () => {
    const GetterSource = world.serve("/x", "x");
    const refused = world.get({ GetterSource, GetterOptions: { checksum: "crc:00" } });
    await assert.rejects(refused, { message: "unsupported checksum type: crc", isRecoverable: false });
    await world.get({ GetterSource, GetterOptions: { checksum: "md5:9dd4e461268c8034f5c8564e155c67a6", v: "1 2" } });
    assert.deepEqual(
      world.requests.map(({ target }) => target),
      ["/x?v=1+2"],
    );
  });
});

describe("a file of the machine", () => {
  test("is refused unless the operator allows it", async () => {
    const GetterSource = `${world.root}/precious`;
    const refused = world.get({ GetterSource });
    await assert.rejects(refused, { message: "download not supported for scheme 'file'", isRecoverable: false });
    await world.get({ GetterSource }, { limits: { allowFiles: true } });
    assert.equal((await world.found())["local/precious"], "644 untouched");
    const directory = world.get({ GetterSource: `file://${world.root}` }, { limits: { allowFiles: true } });
    await assert.rejects(directory, { message: "the source is not a plain file" });
  });
});

test("T34: what a scheme cannot be fetched by is refused by its name", async () => {
  for (const [GetterSource, scheme] of [
    ["ftp://example.org/x", "ftp"],
    ["gcs::https://example.org/x", "gcs"],
    ["data:text/plain,x", undefined],
    ["git::file:///etc", "git' with file"],
  ] as const) {
    const message =
      scheme === undefined ? /source/ : new RegExp(`^ArtifactError: download not supported for scheme '${scheme}`);
    await assert.rejects(world.get({ GetterSource }), message);
  }
});

test("fifty artifacts fetched at once are each in its place", async () => {
  const names = Array.from({ length: 50 }, (_, at) => `file-${at}`);
  await Promise.all(
    names.map((name) => world.get({ GetterSource: world.serve(`/${name}`, name), RelativeDest: `at/${name}` })),
  );
  const found = await world.found();
  for (const name of names) assert.equal(found[`at/${name}/${name}`], `644 ${name}`);
});
