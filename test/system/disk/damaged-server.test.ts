import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../support/nomad.ts";
import { type Acknowledged, missing, register } from "./job-writing.ts";
import { listedJobs, Servers } from "./servers.ts";

const beside = (at: number, directory: string) => ({ dataDirectory: join(directory, `data${at}`) });

async function withServers(count: number, run: (servers: Servers) => Promise<void>): Promise<void> {
  const servers = await Servers.start(count, beside);
  try {
    await run(servers);
  } finally {
    await servers.dispose();
  }
}

async function registered(servers: Servers, ids: readonly string[]): Promise<readonly Acknowledged[]> {
  const leader = await servers.leader();
  const acknowledged = await Promise.all(ids.map((id) => register(servers.address(leader), id)));
  return acknowledged.map((each) => {
    assert.notEqual(each, undefined);
    return each!;
  });
}

/** Spoils a page in the middle of a file. */
function spoil(path: string): void {
  const bytes = readFileSync(path);
  const middle = 4096 * Math.floor(bytes.length / 8192);
  bytes.fill(0x5a, middle, middle + 4096);
  writeFileSync(path, bytes);
}

/** What a server that ends at its start has said, without time stamps. */
async function refusal(servers: Servers, at: number): Promise<string> {
  const before = servers.output(at).length;
  servers.startOne(at);
  assert.equal(await servers.ended(at), 1);
  return servers.output(at).slice(before);
}

const TRACE = /\n\s+at .*\(?(node:|file:|\/).*:\d+/;

test(
  "R18, T47: damage on one of three servers is not the cluster's: it says what to do, and then gets everything from the others",
  {
    timeout: 300_000,
  },
  () =>
    withServers(3, async (servers) => {
      const jobs = await registered(servers, ["a", "b", "c", "d"]);
      const damaged = (await servers.leader()) === 0 ? 1 : 0;
      await servers.kill(damaged);
      const directory = servers.raftDirectory(damaged);
      const database = join(directory, "raft.db-wal");
      spoil(database);
      const spoiled = readFileSync(database);

      const said = await refusal(servers, damaged);
      assert.match(said, /raft\.db-wal" at offset \d+: expected .*, found .*\. Nothing was changed\./);
      assert.equal(said.includes(`move "${directory}" elsewhere and start again`), true, said);
      assert.doesNotMatch(said, TRACE);
      assert.deepEqual(readFileSync(database), spoiled, "nothing was changed");

      const leader = await servers.leader();
      const others = [
        ...jobs,
        ...(await registered(
          servers,
          ["while it is away"].map((id) => id.replaceAll(" ", "-")),
        )),
      ];
      assert.deepEqual(missing(others, await servers.jobs(leader)), [], "the others serve all");

      renameSync(directory, `${directory}.damaged`);
      servers.startOne(damaged);
      await eventually(
        "the server has everything again",
        async () => {
          const own = await listedJobs(servers.address(damaged), "?stale").catch(() => undefined);
          return (own !== undefined && missing(others, own).length === 0) || undefined;
        },
        60,
      );
    }),
);

test(
  "R19: a server whose database was emptied does not start with nothing, and moving its data away is the way to begin anew",
  {
    timeout: 120_000,
  },
  () =>
    withServers(1, async (servers) => {
      const jobs = await registered(servers, ["a"]);
      await servers.kill(0);
      const directory = servers.raftDirectory(0);
      for (const file of ["raft.db", "raft.db-wal"]) truncateSync(join(directory, file));
      const said = await refusal(servers, 0);
      assert.match(
        said,
        /raft\.db" at offset 0: expected the start of a database, found an empty file\. Nothing was changed\./,
      );
      assert.equal(said.includes(`move "${directory}" elsewhere`), true, said);
      assert.doesNotMatch(said, TRACE);

      renameSync(directory, `${directory}.emptied`);
      servers.startOne(0);
      await servers.leader();
      assert.equal(missing(jobs, await servers.jobs(0)).length, 1, "it begins anew because it was told to");
    }),
);

test("T51: two servers in one data directory: the second says which file is in use, and the first goes on", {
  timeout: 120_000,
}, async () => {
  const servers = await Servers.start(1, beside);
  try {
    await servers.leader();
    const second = await Servers.start(1, () => ({ dataDirectory: join(servers.raftDirectory(0), "..", "..") }));
    try {
      assert.equal(await second.ended(0), 1);
      assert.match(second.output(0), /raft\.db".* is in use by another process/);
      assert.doesNotMatch(second.output(0), TRACE);
    } finally {
      await second.dispose();
    }
    assert.notEqual(await register(servers.address(0), "after"), undefined);
  } finally {
    await servers.dispose();
  }
});

test("T51: a data directory that others may read is closed to them, and what is kept in it is for its owner only", {
  timeout: 120_000,
}, async () => {
  const servers = await Servers.start(1, (at, directory) => {
    const place = beside(at, directory);
    mkdirSync(join(place.dataDirectory, "server", "raft"), { recursive: true, mode: 0o755 });
    return place;
  });
  try {
    await servers.leader();
    const directory = servers.raftDirectory(0);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.equal(statSync(join(directory, "raft.db")).mode & 0o777, 0o600);
    assert.match(servers.output(0), /\[WARN\] raft: others could read what this server keeps/);
  } finally {
    await servers.dispose();
  }
});

test("T51: a data directory that cannot be written is named, and the server does not start", {
  timeout: 120_000,
}, async () => {
  const servers = await Servers.start(1, (_, directory) => {
    writeFileSync(join(directory, "file"), "not a directory");
    return { dataDirectory: join(directory, "file"), isThere: true };
  });
  try {
    assert.equal(await servers.ended(0), 1);
    assert.match(servers.output(0), /server setup failed: .*\/file/);
    assert.doesNotMatch(servers.output(0), TRACE);
  } finally {
    await servers.dispose();
  }
});
