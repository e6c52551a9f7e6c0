import assert from "node:assert";
import { afterEach, beforeEach, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { ArtifactWorld } from "./testing/artifact-world.ts";
import { compressed } from "./testing/compressed.ts";
import { type EntryFields, tarBytes } from "./testing/tar-bytes.ts";
import { zipBytes } from "./testing/zip-bytes.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
let world: ArtifactWorld;

beforeEach(async () => {
  world = await ArtifactWorld.open(runtime);
});

/** Whatever an archive does, all is as it was beside the task's directory. */
afterEach(async () => {
  assert.deepEqual(await world.outside(), ["alloc", "precious", "task", "untouched"]);
  await world.close();
});

const nothing = { "local/": "777" };

/** Fetches an archive that must be refused, and shows that nothing is left of it. */
async function refused(ending: string, bytes: Uint8Array, reason: RegExp, limits = {}): Promise<void> {
  await assert.rejects(world.get({ GetterSource: world.serve(`/hostile.${ending}`, bytes) }, { limits }), reason);
  assert.deepEqual({ ...(await world.found()) }, nothing);
}

const made = { tar: tarBytes, zip: zipBytes };
const link = (name: string, target: string): EntryFields => ({ name, type: "2", target });

for (const ending of ["tar", "zip"] as const) {
  const bytes = made[ending];

  describe(`T32: an archive of ${ending}`, () => {
    for (const name of ["../escaped", "a/../../../escaped", "../precious"]) {
      test(`with an entry ${name} is refused`, () => refused(ending, bytes([{ name, content: "evil" }]), /\.\./));
    }

    test("with links that lead out is refused, and nothing is written through them", async () => {
      const away = world.root;
      for (const [target, reason] of [
        [away, "is absolute"],
        ["../../..", "leads out of the artifact"],
        ["x/../../..", "goes down and up again"],
      ]) {
        await refused(ending, bytes([{ name: "ok" }, link("out", target as string)]), new RegExp(reason as string));
      }
      for (const target of [away, "../../.."]) {
        const through = [link("out", target), { name: "out/precious", content: "evil" }];
        await refused(ending, bytes(through), /unzip failed|is absolute|leads out|tar failed/);
      }
    });

    test("with a link in place of a file that comes later writes the file, not what the link leads to", async () => {
      const entries = [link("twice", `${world.root}/precious`), { name: "twice", content: "second" }];
      const outcome = await world
        .get({ GetterSource: world.serve(`/twice.${ending}`, bytes(entries)) })
        .catch(() => "refused");
      if (outcome !== "refused") assert.equal((await world.found())["local/twice"], "644 second");
    });

    test("with the same name twice gives the later one", async () => {
      const entries = [
        { name: "same", content: "first" },
        { name: "same", content: "second" },
      ];
      await world.get({ GetterSource: world.serve(`/same.${ending}`, bytes(entries)) });
      assert.equal((await world.found())["local/same"], "644 second");
    });

    test("loses the bits that give rights away", async () => {
      const modes = [0o4755, 0o2755, 0o1777, 0o6711];
      const entries = modes.map((mode) => ({ name: `mode-${mode.toString(8)}`, mode }));
      await world.get({ GetterSource: world.serve(`/modes.${ending}`, bytes(entries)) });
      const found = await world.found();
      const left = modes.map((mode) => found[`local/mode-${mode.toString(8)}`]?.trim());
      assert.deepEqual(left, ["755", "755", "777", "711"]);
    });

    test("cut off anywhere is refused, or its end is not missed", async () => {
      const whole = bytes(Array.from({ length: 4 }, (_, at) => ({ name: `file-${at}`, content: "x".repeat(700) })));
      for (const length of [1, 100, 511, 513, 700, 1100, 1500].filter((each) => each < whole.length - 1024)) {
        await refused(ending, whole.subarray(0, length), /failed with exit code/);
      }
    });

    test("that is none is refused", () =>
      refused(ending, Buffer.from("<html>not found</html>"), /failed with exit code/));

    test("that leads out by its part is refused", async () => {
      const source = world.serve(`/part.${ending}`, bytes([link("part", "/etc"), { name: "real/file" }]));
      for (const part of ["part", "real/../..", "..", "real/file"]) {
        await assert.rejects(world.get({ GetterSource: `${source}//${part}` }), { name: "ArtifactError" });
        assert.deepEqual({ ...(await world.found()) }, nothing);
      }
    });
  });

  describe(`T33: an archive of ${ending}`, () => {
    test("with more entries than allowed is refused", async () => {
      const entries = Array.from({ length: 21 }, (_, at) => ({ name: `file-${at}` }));
      await refused(ending, bytes(entries), /the archive has more than 20 entries/, { unpackedEntries: 20 });
      await world.get(
        { GetterSource: world.serve(`/fits.${ending}`, bytes(entries)) },
        { limits: { unpackedEntries: 21 } },
      );
    });

    test("that comes to more bytes than allowed is refused", async () => {
      const entries = [
        { name: "a", content: "x".repeat(60_000) },
        { name: "b", content: "x".repeat(60_000) },
      ];
      await refused(ending, bytes(entries), /the archive unpacks to more than 100000 bytes/, {
        unpackedBytes: 100_000,
      });
    });
  });
}

describe("T32: a tar archive", () => {
  test("with an absolute name puts it below the destination", async () => {
    await world.get({ GetterSource: world.serve("/absolute.tar", tarBytes([{ name: "/etc/evil", content: "x" }])) });
    assert.equal((await world.found())["local/etc/evil"], "644 x");
  });

  test("with hard links to what is outside is refused", async () => {
    for (const target of ["/etc/passwd", `${world.root}/precious`, "../../precious"]) {
      const entries = [
        { name: "hard", type: "1", target },
        { name: "hard", content: "evil" },
      ];
      await refused("tar", tarBytes(entries), /tar failed/);
    }
    const linked = [
      link("dir", world.root),
      { name: "hard", type: "1", target: "dir/precious" },
      { name: "hard", content: "evil" },
    ];
    await refused("tar", tarBytes(linked), /tar failed|is absolute/);
  });

  test("loses devices, pipes and what else is no file", async () => {
    const isRoot = runtime.processes.effectiveUserID === 0;
    const entries = [{ name: "pipe", type: "6" }, { name: "kept" }, ...(isRoot ? [{ name: "device", type: "3" }] : [])];
    const { dropped } = await world.get({ GetterSource: world.serve("/special.tar", tarBytes(entries)) });
    assert.equal(dropped, isRoot ? 2 : 1);
    assert.deepEqual({ ...(await world.found()) }, { ...nothing, "local/kept": "644 " });
  });

  test("that claims more than it has is refused", () =>
    refused("tar", tarBytes([{ name: "short", content: "x", claimedBytes: 10_000 }]), /tar failed with exit code/));
});

describe("T32: a zip archive", () => {
  test("with an absolute name is refused", () => refused("zip", zipBytes([{ name: "/tmp/evil" }]), /is absolute/));

  test("with two directories is refused", () =>
    refused("zip", Buffer.concat([zipBytes([{ name: "shown" }]), zipBytes([{ name: "hidden" }])]), /unzip failed/));

  test("that claims less than it has is counted by what it has", () =>
    refused(
      "zip",
      zipBytes([{ name: "lies", content: "x".repeat(50_000), claimedBytes: 10 }]),
      /more than 40000 bytes/,
      {
        unpackedBytes: 40_000,
      },
    ));
});

describe("T33: a bomb", () => {
  const zeros = Buffer.alloc(120e6);
  for (const [ending, compression] of [
    ["tar.xz", "xz"],
    ["bz2", "bzip2"],
  ] as const) {
    test(`of ${compression} is stopped`, async () => {
      const bytes = compression === "xz" ? tarBytes([{ name: "zeros", content: zeros }]) : zeros;
      await refused(ending, await compressed(runtime, compression, bytes), /a decompression bomb/);
    });
  }

  test("of gzip within gzip comes out as the inner one only", async () => {
    await world.get({ GetterSource: world.serve("/twice.gz.gz", gzipSync(gzipSync("x"))) });
    assert.deepEqual(Object.keys(await world.found()), ["local/", "local/twice.gz"]);
  });
});

test("T32: a destination that a link leads away from is refused", async () => {
  await runtime.processes.run(
    {
      command: "ln",
      args: ["-s", world.root, `${world.root}/task/away`],
      env: runtime.processes.environment,
      workingDirectory: "/",
    },
    { signal: new AbortController().signal },
  );
  for (const RelativeDest of ["away", "away/task", "away/new"]) {
    await assert.rejects(world.get({ GetterSource: world.serve("/x", "x"), RelativeDest }), {
      message: '"away" is not a directory, or a link leads elsewhere',
    });
  }
});

test("T31: a destination that leads out, also by what it refers to, is refused before anything is asked for", async () => {
  for (const RelativeDest of ["..", "../..", "local/../../alloc", `${world.root}/task/../precious`, "/../x"]) {
    await assert.rejects(world.get({ GetterSource: world.serve("/x", "x"), RelativeDest }), {
      message: "destination escapes task's directory",
      isRecoverable: false,
    });
  }
  assert.equal(world.requests.length, 0);
});

test("T32: whatever entries an archive has, all beside the task's directory stays as it was", async () => {
  const step = fc.constantFrom("a", "b", "..", ".", "precious", "");
  const name = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join("/"));
  const entry = fc.record({
    name,
    type: fc.constantFrom("0", "0", "1", "2", "2", "5"),
    target: fc.oneof(name, fc.constant(world.root), fc.constant(`${world.root}/precious`)),
    content: fc.constant("evil"),
    mode: fc.constantFrom(0o644, 0o6777, 0),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 6 }),
      fc.constantFrom("tar", "zip"),
      async (entries, ending) => {
        const GetterSource = world.serve(`/any.${ending}`, made[ending as "tar"](entries));
        await world.get({ GetterSource }).catch((error) => assert.equal(error.name, "ArtifactError", error));
        assert.deepEqual(await world.outside(), ["alloc", "precious", "task", "untouched"]);
        await runtime.disk.removeTree(`${world.root}/task/local`);
      },
    ),
    { numRuns: 60 },
  );
});

test("T44: on a full disk unpacking fails with that reason, and leaves nothing", async (context) => {
  const place = `${world.root}/task/small`;
  await runtime.disk.makeDirectory(place);
  const run = (command: string, ...args: readonly string[]) =>
    runtime.processes.run(
      { command, args, env: runtime.processes.environment, workingDirectory: "/" },
      { signal: new AbortController().signal },
    );
  const mounted = await run("mount", "-t", "tmpfs", "-o", "size=300k", "none", place);
  if (mounted.exitCode !== 0) return context.skip("file systems cannot be mounted here");
  try {
    const entries = [{ name: "fits" }, { name: "large", content: "x".repeat(2_000_000) }];
    const GetterSource = world.serve("/large.tar.gz", gzipSync(tarBytes(entries)));
    await assert.rejects(world.get({ GetterSource, RelativeDest: "small" }), /^ArtifactError: no space left on device/);
    assert.deepEqual(await runtime.disk.list(place), []);
  } finally {
    await run("umount", place);
  }
});
