import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { hostBinds } from "./host-binds.ts";

const { disk, processes } = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const strict = { mayLeave: false, seLinuxLabel: "" };
let home = "";

before(async () => {
  home = await disk.makeTemporaryDirectory("host-binds-test-");
  for (const name of ["a1/alloc", "a1/web/local", "a1/web/secrets", "other"])
    await disk.makeDirectory(`${home}/${name}`);
});
after(() => disk.removeTree(home));

async function symlink(target: string, path: string): Promise<void> {
  const program = { command: "/bin/ln", args: ["-s", target, path], env: {}, workingDirectory: "/" };
  const { exitCode } = await processes.run(program, { signal: new AbortController().signal });
  assert.equal(exitCode, 0);
}

const directories = () => ({
  shared: `${home}/a1/alloc`,
  task: `${home}/a1/web`,
  local: `${home}/a1/web/local`,
  secrets: `${home}/a1/web/secrets`,
  supervision: `${home}/s`,
});

const own = () => [`${home}/a1/alloc:/alloc`, `${home}/a1/web:/local`, `${home}/a1/web/secrets:/secrets`];
const asked = async (volumes: readonly string[], rules = strict) =>
  (await hostBinds(disk, directories(), volumes, rules)).slice(3);

test("a container sees the shared directory, all of its own, and its secrets", async () => {
  assert.deepEqual(await hostBinds(disk, directories(), [], strict), own());
});

test("a label for SELinux is put behind each", async () => {
  const rules = { ...strict, seLinuxLabel: "z" };
  const binds = await hostBinds(disk, directories(), ["local:/x:ro"], rules);
  assert.deepEqual(binds, [...own().map((bind) => `${bind}:z`), `${home}/a1/web/local:/x:ro,z`]);
});

test("a volume without a slash in front is in the task's directory, and made if it is not there", async () => {
  assert.deepEqual(await asked(["local/new/deep:/x"]), [`${home}/a1/web/local/new/deep:/x`]);
  assert.ok((await disk.status(`${home}/a1/web/local/new/deep`)).isDirectory);
  assert.deepEqual(await asked(["../alloc:/x:ro"]), [`${home}/a1/alloc:/x:ro`]);
  assert.deepEqual(await asked([`${home}/a1/alloc:/x`]), [`${home}/a1/alloc:/x`]);
});

test("T37: a volume out of the allocation is refused, by whatever way it leads there", async () => {
  await symlink(`${home}/other`, `${home}/a1/web/local/link`);
  await symlink(home, `${home}/a1/web/local/up`);
  const ways = [
    "/etc:/x",
    "../../other:/x",
    "local/../../../other:/x",
    `${home}/a1/../other:/x`,
    `${home}/a1x:/x`,
    "local/link:/x",
    "local/link/:/x",
    "local/up/other:/x",
    "local/up/a1/alloc:/x",
    "local/link/made:/x",
    "../..:/x",
  ];
  for (const way of ways) await assert.rejects(asked([way]), /invalid docker volume.*docker\.volumes\.enabled/, way);
  assert.deepEqual(await disk.list(`${home}/other`), []);
});

for (const name of ["a1/web/secrets", "a1/web", "a1/alloc"]) {
  test(`T37: a link that a container put in the place of ${name} is refused, also where volumes are allowed`, async () => {
    await disk.rename(`${home}/${name}`, `${home}/kept`);
    await symlink("/", `${home}/${name}`);
    try {
      for (const mayLeave of [false, true])
        await assert.rejects(hostBinds(disk, directories(), [], { ...strict, mayLeave }), { name: "DriverStartError" });
    } finally {
      await disk.remove(`${home}/${name}`);
      await disk.rename(`${home}/kept`, `${home}/${name}`);
    }
  });
}

test("secrets that are gone are not made anew by the engine", async () => {
  await disk.removeTree(`${home}/a1/web/secrets`);
  await assert.rejects(hostBinds(disk, directories(), [], strict), { name: "DriverStartError" });
  await disk.makeDirectory(`${home}/a1/web/secrets`);
});

test("a link on the way to the allocation is the operator's own, and is followed", async () => {
  await symlink(home, `${home}/way`);
  const through = Object.fromEntries(
    Object.entries(directories()).map(([name, path]) => [name, path.replace(home, `${home}/way`)]),
  ) as unknown as ReturnType<typeof directories>;
  assert.deepEqual(await hostBinds(disk, through, [], strict), own());
});

test("T37: options that would change the host are refused, also where volumes are allowed", async () => {
  for (const option of ["shared", "rshared", "slave", "ro,rshared", "nocopy", ""]) {
    await assert.rejects(asked([`local:/x:${option}`], { ...strict, mayLeave: true }), /is not allowed/, option);
  }
});

test("where volumes are allowed any path and any volume of the engine may be named", async () => {
  const rules = { ...strict, mayLeave: true };
  assert.deepEqual(await asked(["/etc:/x:ro", "data:/y", "local/z:/z"], rules), [
    "/etc:/x:ro",
    "data:/y",
    `${home}/a1/web/local/z:/z`,
  ]);
});
