import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SeededRandom } from "../../../src/base/index.ts";
import { FaultyDisk, lacksFaultyDisk } from "./faulty-disk.ts";

/** The disk that the tests break must itself be right: it loses what was not synced, and that alone. */

const nothing = { keeps: 0, random: new SeededRandom("nothing is kept") };

function onFaultyDisk(what: string, show: (disk: FaultyDisk, run: (script: string) => void) => void): void {
  test(what, { skip: lacksFaultyDisk }, () => {
    const disk = new FaultyDisk();
    const run = (script: string) => {
      const text = `const fs = require("node:fs"); process.chdir(${JSON.stringify(disk.root)});
        const at = (name) => ${JSON.stringify(disk.root)} + "/" + name;
        const sync = (name) => { const fd = fs.openSync(at(name), "r"); fs.fsyncSync(fd); fs.closeSync(fd); }; ${script}`;
      execFileSync(process.execPath, ["-e", text], { env: { ...process.env, ...disk.environment } });
    };
    try {
      show(disk, run);
    } finally {
      disk.dispose();
    }
  });
}

onFaultyDisk("a power cut takes what no sync came after, and leaves the rest", (disk, run) => {
  run(`const fd = fs.openSync(at("a"), "w"); sync("");
    fs.writeSync(fd, "kept "); fs.fdatasyncSync(fd); fs.writeSync(fd, "lost"); fs.writeSync(fd, "L", 0);`);
  assert.equal(readFileSync(join(disk.root, "a"), "utf8"), "Lept lost");
  disk.cutPower(nothing);
  assert.equal(readFileSync(join(disk.root, "a"), "utf8"), "kept ");
});

onFaultyDisk(
  "a power cut brings back what a truncation took, and the end of what a write had lengthened",
  (disk, run) => {
    writeFileSync(join(disk.root, "a"), "0123456789");
    run(`const fd = fs.openSync(at("a"), "r+"); fs.ftruncateSync(fd, 4); fs.writeSync(fd, "new end of it", 2);`);
    disk.cutPower(nothing);
    assert.equal(readFileSync(join(disk.root, "a"), "utf8"), "0123456789");
  },
);

onFaultyDisk(
  "a power cut undoes changes of a directory that was not synced: new, renamed and removed files",
  (disk, run) => {
    for (const name of ["renamed", "target", "removed"]) writeFileSync(join(disk.root, name), name);
    run(`fs.mkdirSync(at("made")); fs.writeFileSync(at("new"), "new"); sync("new");
    fs.renameSync(at("renamed"), at("target")); fs.unlinkSync(at("removed"));`);
    assert.deepEqual(readdirSync(disk.root), ["made", "new", "target"]);
    disk.cutPower(nothing);
    assert.deepEqual(readdirSync(disk.root), ["removed", "renamed", "target"]);
    for (const name of ["renamed", "target", "removed"])
      assert.equal(readFileSync(join(disk.root, name), "utf8"), name);
  },
);

onFaultyDisk("changes of a directory stay when it was synced, although what the file holds is lost", (disk, run) => {
  run(`fs.writeFileSync(at("a"), "lost"); fs.renameSync(at("a"), at("b")); sync("");`);
  disk.cutPower(nothing);
  assert.equal(readFileSync(join(disk.root, "b"), "utf8"), "");
  assert.equal(existsSync(join(disk.root, "a")), false);
});

onFaultyDisk("what could not be made is not undone: it stands although it was asked for too early", (disk, run) => {
  run(`try { fs.mkdirSync(at("outer/inner")) } catch {}
    fs.mkdirSync(at("outer")); sync(""); fs.mkdirSync(at("outer/inner")); sync("outer");`);
  disk.cutPower(nothing);
  assert.equal(existsSync(join(disk.root, "outer", "inner")), true);
});

onFaultyDisk("of what was not synced a power cut may keep any sectors, and not the others", (disk, run) => {
  run(`const fd = fs.openSync(at("a"), "w"); sync(""); fs.writeSync(fd, Buffer.alloc(64 * 512, 1)); fs.fsyncSync(fd);
    fs.writeSync(fd, Buffer.alloc(64 * 512, 2), 0, 64 * 512, 0);`);
  disk.cutPower({ keeps: 50, random: new SeededRandom("torn") });
  const sectors = Array.from({ length: 64 }, (_, at) =>
    readFileSync(join(disk.root, "a")).subarray(at * 512, at * 512 + 512),
  );
  const whole = (value: number) => sectors.filter((sector) => sector.every((byte) => byte === value)).length;
  assert.equal(whole(1) + whole(2), 64);
  assert.equal(whole(1) > 10 && whole(2) > 10, true);
});

onFaultyDisk("what a sync failed to write is lost, whatever a later sync says", (disk, run) => {
  disk.trouble.arm({ calls: ["sync"], path: "/a", times: 1, action: { fail: "EIO" } });
  run(`const fd = fs.openSync(at("a"), "w"); sync(""); fs.writeSync(fd, "lost");
    try { fs.fsyncSync(fd); } catch (error) { if (error.code !== "EIO") throw error; }
    fs.fsyncSync(fd);`);
  assert.deepEqual(disk.trouble.counted, { seen: 2, done: 1 });
  disk.cutPower(nothing);
  assert.equal(readFileSync(join(disk.root, "a"), "utf8"), "");
});

onFaultyDisk("the nth call can be the last of a process, or tear what it writes", (disk) => {
  for (const [action, left] of [
    ["die", "11"],
    ["tear", "1122"],
  ] as const) {
    disk.trouble.arm({ calls: ["write"], nth: 2, action });
    const script = `const fs = require("node:fs"); const fd = fs.openSync(${JSON.stringify(join(disk.root, "a"))}, "w");
      fs.writeSync(fd, "11"); fs.writeSync(fd, "2222");`;
    const { signal } = spawnSync(process.execPath, ["-e", script], { env: { ...process.env, ...disk.environment } });
    assert.equal(signal, "SIGKILL");
    assert.equal(readFileSync(join(disk.root, "a"), "utf8"), left);
  }
});
