import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NodeDisk, NodeProcesses, nodeRuntime } from "../../runtime/node/index.ts";
import { listDirectory, readAt, statFile } from "./allocation-files.ts";
import { followLog } from "./follow-log.ts";

const disk = new NodeDisk();
const processes = new NodeProcesses();
const never = new AbortController().signal;
let outside: string;
let root: string;

async function shell(line: string): Promise<void> {
  const env = { PATH: processes.environment.PATH ?? "/usr/bin:/bin" };
  const run = { command: "/bin/sh", args: ["-ec", line], env, workingDirectory: root };
  const result = await processes.run(run, { signal: never });
  assert.equal(result.exitCode, 0, result.stderr);
}

async function contentOf(path: string, from = { offset: 0, limit: 0 }): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readAt(disk, root, path, from, never)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

before(async () => {
  outside = await disk.makeTemporaryDirectory("contained-path-test-");
  root = `${outside}/alloc-1`;
  await disk.makeDirectory(`${root}/alloc/logs`);
  await disk.makeDirectory(`${root}/web/local`);
  await disk.makeDirectory(`${root}/web/secrets`);
  await disk.makeDirectory(`${outside}/alloc-10/alloc`);
  await disk.writeAtomically(`${outside}/alloc-10/alloc/file`, Buffer.from("a neighbour's"));
  await disk.writeAtomically(`${outside}/host`, Buffer.from("the host's"));
  await disk.writeAtomically(`${root}/web/local/ten.txt`, Buffer.from("0123456789"));
  await disk.writeAtomically(`${root}/web/secrets/token`, Buffer.from("secret"));
});

after(() => disk.removeTree(outside));

test("files are read whole, in part, and through links that stay inside", async () => {
  await shell("ln -s ../../web/local/ten.txt alloc/logs/inside && ln -s ../web/local alloc/web-local");
  assert.equal(await contentOf("web/local/ten.txt"), "0123456789");
  assert.equal(await contentOf("/web/local/ten.txt", { offset: 2, limit: 3 }), "234");
  assert.equal(await contentOf("alloc/logs/inside", { offset: 8, limit: 0 }), "89");
  assert.equal(await contentOf("alloc/web-local/../../web/local/ten.txt"), "0123456789");
});

test("T16: an offset before the start is refused, one beyond the end finds nothing, and no limit is too large", async () => {
  const huge = Number.MAX_SAFE_INTEGER;
  const read = (offset: number, limit: number) => contentOf("web/local/ten.txt", { offset, limit });
  await assert.rejects(read(-1, 0), { message: "can't seek to offset -1" });
  await assert.rejects(read(-huge, huge), { message: `can't seek to offset -${huge}` });
  for (const offset of [10, 11, 2 ** 53 - 70_000, huge]) {
    for (const limit of [0, 1, huge]) assert.equal(await read(offset, limit), "", `${offset} ${limit}`);
  }
  assert.equal(await read(8, huge), "89");
  assert.equal(await read(0, -huge), "0123456789");
});

test("what is not there is refused with the path, as users know it", async () => {
  await assert.rejects(statFile(disk, root, "none"), { message: `stat ${root}/none: no such file or directory` });
  await assert.rejects(listDirectory(disk, root, "none"), { message: `open ${root}/none: no such file or directory` });
  await assert.rejects(contentOf("alloc"), { message: 'file "alloc" is a directory' });
});

test("a directory is listed by name, with links shown as links", async () => {
  await shell(
    "mkdir -p alloc/list/b && printf x > alloc/list/a && ln -s /etc/passwd alloc/list/c && chmod 644 alloc/list/a",
  );
  const entries = await listDirectory(disk, root, "alloc/list");
  assert.deepEqual(
    entries.map(({ Name, IsDir, FileMode }) => `${Name} ${IsDir} ${FileMode.slice(0, 1)}`),
    ["a false -", "b true d", "c false L"],
  );
  assert.equal(entries[0]?.FileMode, "-rw-r--r--");
  assert.equal((await statFile(disk, root, "/")).Name, "alloc-1");
});

test("T27: no path leads out of the allocation, by dots, by links or by chains of links", async () => {
  await shell(
    [
      "ln -s ../../host alloc/out",
      "ln -s ../.. alloc/up",
      `ln -s ${outside}/host alloc/absolute`,
      "ln -s out alloc/chain",
      `ln -s ${outside}/alloc-10 alloc/neighbour`,
      "ln -s loop alloc/loop",
    ].join(" && "),
  );
  const escaping = [
    "../host",
    "/../host",
    "alloc/../../host",
    "alloc/out",
    "alloc/up/host",
    "alloc/absolute",
    "alloc/chain",
    "alloc/neighbour/alloc/file",
    "../alloc-10/alloc/file",
  ];
  for (const path of escaping) {
    await assert.rejects(contentOf(path), { message: "Path escapes the alloc directory" }, path);
    await assert.rejects(statFile(disk, root, path), { message: "Path escapes the alloc directory" }, path);
  }
  for (const path of ["alloc/up", "..", "alloc/neighbour/alloc"]) {
    await assert.rejects(listDirectory(disk, root, path), { message: "Path escapes the alloc directory" }, path);
  }
  await assert.rejects(contentOf("/etc/passwd"), { message: `stat ${root}/etc/passwd: no such file or directory` });
  await assert.rejects(contentOf("alloc/loop"), {
    message: `stat ${root}/alloc/loop: too many levels of symbolic links`,
  });
  await assert.rejects(contentOf("web/local/ten.txt\0.png"), { message: "path holds a null character", code: 400 });
  await assert.rejects(contentOf("a/".repeat(3000)), { message: /too long/, code: 400 });
});

test("T27: the answer does not tell whether anything is there where a link leads outside", async () => {
  await shell(
    [
      `ln -s ${outside}/host alloc/there && ln -s ${outside}/none alloc/absent`,
      `ln -s ${outside}/host/below alloc/below-a-file && ln -s ../../none alloc/relative`,
      `ln -s ${outside}/none/../alloc-1/web/local/ten.txt alloc/around && ln -s absent alloc/absent-chain`,
      `ln -s ../web/local/none alloc/dangling && ln -s ../web/secrets/none alloc/no-secret`,
      `ln -s ${root}/web/local/ten.txt alloc/by-its-path`,
    ].join(" && "),
  );
  const leading = ["there", "absent", "below-a-file", "relative", "around", "absent-chain"].map(
    (name) => `alloc/${name}`,
  );
  for (const path of [...leading, "alloc/absent/further", "alloc/there/further"]) {
    const expected = { message: "Path escapes the alloc directory" };
    await assert.rejects(contentOf(path), expected, path);
    await assert.rejects(statFile(disk, root, path), expected, path);
    await assert.rejects(listDirectory(disk, root, path), expected, path);
  }
  await assert.rejects(contentOf("alloc/no-secret"), { message: 'Reading secret file prohibited: "web/secrets/none"' });
  await assert.rejects(contentOf("alloc/dangling"), {
    message: `stat ${root}/alloc/dangling: no such file or directory`,
  });
  assert.equal(await contentOf("alloc/by-its-path"), "0123456789");
});

test("T27: what is listed is what was checked, whatever a task puts in its place meanwhile", async () => {
  await shell(`mkdir alloc/swapped ${outside}/hidden && touch alloc/swapped/inside ${outside}/hidden/hosts`);
  const [here, aside] = [`${root}/alloc/swapped`, `${root}/alloc/aside`];
  const swap = `mv ${here} ${aside} && ln -s ${outside}/hidden ${here}`;
  const swapBack = `rm ${here} && mv ${aside} ${here}`;
  let opened = 0;
  const swapping = Object.assign(new NodeDisk(), {
    open: async (path: string, how: "read" | "append") => {
      if (path === here && opened++ > 0) await shell(swapBack);
      const file = await disk.open(path, how);
      if (path === here && opened === 1) await shell(swap);
      return file;
    },
  });
  const entries = await listDirectory(swapping, root, "alloc/swapped");
  assert.deepEqual(
    entries.map(({ Name }) => Name),
    ["inside"],
  );
});

test("T27, T29: what was opened is checked once more, for a link may have come in its way since its path was looked at", async () => {
  await shell("mkdir alloc/plain && printf mine > alloc/plain/host && printf mine > alloc/plain/token");
  const plain = `${root}/alloc/plain`;
  for (const [name, target, message] of [
    ["host", outside, /^Path escapes the alloc directory$/],
    ["token", `${root}/web/secrets`, /^Reading secret file prohibited: "web\/secrets\/token"$/],
  ] as const) {
    const swapping = Object.assign(new NodeDisk(), {
      open: async (path: string, how: "read" | "append") => {
        if (!path.startsWith(`${plain}/`)) return disk.open(path, how);
        await shell(`mv ${plain} ${plain}.aside && ln -s ${target} ${plain}`);
        const file = await disk.open(path, how);
        await shell(`rm ${plain} && mv ${plain}.aside ${plain}`);
        return file;
      },
    });
    await assert.rejects(
      readAt(swapping, root, `alloc/plain/${name}`, { offset: 0, limit: 0 }, never)[Symbol.asyncIterator]().next(),
      { message },
    );
  }
});

test("T28: FIFOs and devices are refused, and at once", { timeout: 5000 }, async () => {
  await shell("mkfifo alloc/fifo && ln -s /dev/zero alloc/zero");
  await assert.rejects(contentOf("alloc/fifo"), { message: 'file "alloc/fifo" is not a regular file' });
  await assert.rejects(statFile(disk, root, "alloc/fifo"), { message: 'file "alloc/fifo" is not a regular file' });
  await assert.rejects(contentOf("alloc/zero"), { message: "Path escapes the alloc directory" });
});

test("R31: what is refused after it was opened is closed", async () => {
  await shell("mkfifo alloc/closed-fifo");
  const open = async () => (await disk.list("/proc/self/fd")).length;
  const before = await open();
  for (let round = 0; round < 20; round++) {
    await assert.rejects(contentOf("alloc/closed-fifo"), /is not a regular file/);
    await assert.rejects(contentOf("alloc"), /is a directory/);
    await assert.rejects(listDirectory(disk, root, "web/local/ten.txt"), /not a directory/);
  }
  assert.equal(await open(), before);
});

test("T35: a link that a task put in the place of a log file is no part of the log", async () => {
  await shell("cd alloc/logs && echo zero > linked.stdout.0 && printf 'cut\\nthree\\n' > linked.stdout.2");
  await shell("ln -s ../../web/local/ten.txt alloc/logs/linked.stdout.1");
  const { clock } = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
  const request = { task: "linked", type: "stdout", follow: false, offset: 0, origin: "start" } as const;
  const texts: string[] = [];
  for await (const { data } of followLog({ clock, disk }, root, request, never))
    texts.push(Buffer.from(data).toString());
  // As where a file is missing, what may be the end of a line is left out.
  assert.deepEqual(texts, ["zero\n", "three\n"]);
});

test("T29: secrets are refused by any case, by the way of a link, and as a directory", async () => {
  await shell("ln -s ../web/secrets alloc/link && ln -s ../web/secrets/token alloc/token");
  for (const path of ["web/secrets/token", "web/SECRETS/token", "web/Secrets", "alloc/link/token", "alloc/token"]) {
    await assert.rejects(contentOf(path), { message: /^Reading secret file prohibited/ }, path);
  }
  await assert.rejects(listDirectory(disk, root, "web/secrets"), { message: /^Reading secret file prohibited/ });
  await assert.rejects(listDirectory(disk, root, "alloc/link"), { message: /^Reading secret file prohibited/ });
});
