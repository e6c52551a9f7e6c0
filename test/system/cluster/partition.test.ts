import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { emptyJob, jobsAt, register } from "../support/job-writers.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";
import { TestHosts } from "../support/test-hosts.ts";

/** Three servers, each on a host of its own; the links between hosts are cut. */

const obstacle = await TestHosts.obstacle();
const skip = obstacle !== undefined && `cannot cut links: ${obstacle}`;

/** Within so many milliseconds a server that cannot serve says so. */
const MOST_UNTIL_REFUSED = 5000;
/** How long links stay cut: several elections are due meanwhile. */
const CUT = scaled({ merge: 6000, release: 30_000 });

let hosts: TestHosts;
let cluster: Cluster;

before(async () => {
  if (skip) return;
  hosts = await TestHosts.make(3);
  cluster = await Cluster.start({ servers: 3, clients: 0, hosts });
});
afterEach(() => hosts?.heal());
after(async () => {
  await cluster?.dispose();
  await hosts?.dispose();
});

const cuts = {
  "cut off": (alone: number, others: readonly number[]) => hosts.cut([alone], others),
  "that hears nobody": async (alone: number, others: readonly number[]) => {
    for (const from of others) await hosts.cutOneWay({ from, to: alone });
  },
  "that nobody hears": async (alone: number, others: readonly number[]) => {
    for (const to of others) await hosts.cutOneWay({ from: alone, to });
  },
};

const roles = ["leader", "follower"] as const;
const cases = Object.keys(cuts).flatMap((how) => roles.map((role) => ({ how: how as keyof typeof cuts, role })));
/** With every change these only: each cut and each role. */
const some = ["leader cut off", "follower that hears nobody", "leader that nobody hears"];
const isRelease = scaled({ merge: 0, release: 1 }) === 1;

for (const { how, role } of cases.filter(({ how, role }) => isRelease || some.includes(`${role} ${how}`))) {
  test(`a ${role} ${how} accepts no write, gives no consistent answer, and says so soon; the others go on`, {
    skip,
    timeout: 120_000,
  }, async (t) => {
    const leader = await cluster.leader();
    const alone = role === "leader" ? leader : (cluster.servers.find((server) => server !== leader) as string);
    const others = cluster.servers.filter((server) => server !== alone);
    const isOver = new AbortController();
    t.after(() => isOver.abort());
    const waiting = ["default", "consistent"].map((mode) => askAgainAndAgain(alone, mode, isOver.signal));
    let cutAt = Number.POSITIVE_INFINITY;
    /** What the others have accepted since the cut. */
    const written: string[] = [];
    const writing = [alone, ...others].map((server) =>
      writeAgainAndAgain(server, `${role}-${how}`, isOver.signal, ({ what, sentAt, accepted }) => {
        if (server !== alone && accepted && sentAt > cutAt) written.push(what);
      }),
    );

    await cuts[how](hostOf(alone), others.map(hostOf));
    cutAt = performance.now();
    const among = await leaderAmong(others);
    await eventually("the cut has lasted", () => performance.now() > cutAt + CUT || undefined, CUT / 1000 + 10);
    await eventually("the others have accepted writes", () => written.length > 10 || undefined, 30);
    isOver.abort();
    const [atAlone, ...atOthers] = (await Promise.all(writing)) as [Asked[], ...Asked[][]];
    const reads = (await Promise.all(waiting)).flat();

    const sinceCut = ({ sentAt }: Asked) => sentAt > cutAt;
    assert.deepEqual(
      atAlone.filter((asked) => asked.accepted && sinceCut(asked)),
      [],
      "nothing is accepted by one alone",
    );
    // A leader may answer reads until its lease has ended; what is asked after that it cannot answer.
    const leaseEnded = ({ sentAt }: Asked) => sentAt > cutAt + 1000;
    assert.deepEqual(
      reads.filter((asked) => asked.accepted && asked.what === "consistent" && sinceCut(asked)),
      [],
      "no consistent read is answered by one alone",
    );
    assert.deepEqual(
      reads.filter((asked) => asked.accepted && leaseEnded(asked)),
      [],
      "nor any other that is not to be stale",
    );
    const slow = [...atAlone, ...reads].filter(({ took }) => took > MOST_UNTIL_REFUSED);
    assert.deepEqual(slow, [], "who asks is refused in time");
    assert.ok(reads.filter(leaseEnded).length > 1, "reads were refused");
    t.diagnostic(`the others accepted ${written.length} writes, led by ${among}`);

    await hosts.heal();
    await cluster.level();
    for (const server of cluster.servers) {
      const present = await jobsAt(cluster, server, "?stale");
      const lost = [atAlone, ...atOthers].flat().filter((asked) => asked.accepted && !present.has(asked.what));
      assert.deepEqual(lost, [], `lost at ${server}`);
    }
  });
}

interface Asked {
  readonly what: string;
  readonly sentAt: number;
  readonly took: number;
  readonly accepted: boolean;
}

/** A server among `servers` that leads since they are alone. */
async function leaderAmong(servers: readonly string[]): Promise<string> {
  return eventually("the others have a leader that the others follow", async () => {
    const all = await Promise.all(servers.map((server) => cluster.raft(server)));
    const at = all.findIndex(({ state }) => state === "Leader");
    return all.every(({ term }) => term === all[0]?.term) ? servers[at] : undefined;
  });
}

function writeAgainAndAgain(
  server: string,
  prefix: string,
  isOver: AbortSignal,
  answered: (asked: Asked) => void,
): Promise<Asked[]> {
  const id = prefix.replaceAll(" ", "-");
  return again(isOver, async (number) => {
    const what = `${id}-${server}-${number}`;
    const asked = { what, ...(await timed(() => register(cluster, server, emptyJob(what), 30_000))) };
    answered(asked);
    return asked;
  });
}

function askAgainAndAgain(server: string, mode: string, isOver: AbortSignal): Promise<Asked[]> {
  return again(isOver, async () => {
    const ask = () => cluster.ask(server, `/v1/jobs?${mode}`, { signal: AbortSignal.timeout(30_000) });
    return { what: mode, ...(await timed(ask)) };
  });
}

async function again(isOver: AbortSignal, act: (number: number) => Promise<Asked>): Promise<Asked[]> {
  const all: Asked[] = [];
  while (!isOver.aborted) {
    all.push(await act(all.length));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return all;
}

async function timed(ask: () => Promise<unknown>): Promise<Omit<Asked, "what">> {
  const sentAt = performance.now();
  const accepted = await ask().then(
    () => true,
    () => false,
  );
  return { sentAt, took: performance.now() - sentAt, accepted };
}

const hostOf = (server: string) => cluster.servers.indexOf(server);
