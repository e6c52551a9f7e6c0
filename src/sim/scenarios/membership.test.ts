import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duration, minutes, seconds } from "../../base/index.ts";
import { notLinearizable } from "../checkers/linearizable.ts";
import { SimCluster, World } from "../index.ts";
import { Operator } from "../operator.ts";
import { Workload } from "../workload.ts";

const habits = { jobs: ["red", "green"], rest: seconds(1), count: 1 };

/** A cluster of three servers with three users at work; afterwards it must converge, and what users saw have one order. */
async function atWork(seed: string, act: (cluster: SimCluster) => Promise<void>): Promise<void> {
  const world = new World(seed);
  try {
    const cluster = new SimCluster(world, { servers: 3, clients: 1 });
    await cluster.converge(minutes(1));
    const workload = new Workload(cluster, habits);
    await world.settled(workload.begin());
    for (let user = 0; user < 3; user++) world.run(() => workload.user());
    await act(cluster);
    workload.end();
    await world.pass(seconds(12));
    await cluster.converge(minutes(2));
    await world.settled(workload.readAll());
    assert.equal(notLinearizable(workload.history), undefined);
  } finally {
    world.abandon();
  }
}

test("all servers are replaced by new machines, one after the other, while users are at work", async () => {
  await atWork("replace all", async (cluster) => {
    const before = cluster.servers.map(({ name }) => name);
    await cluster.world.settled(new Operator(cluster).replaceAll());
    const after = cluster.servers.map(({ name }) => name);
    assert.equal(after.length, 3);
    assert.deepEqual(
      after.filter((name) => before.includes(name)),
      [],
    );
  });
});

test("a leader that is made to hand over fifty times in a minute leaves no evaluation behind", async () => {
  await atWork("hand over", async (cluster) => {
    const { world } = cluster;
    let handedOver = 0;
    for (let turn = 0; turn < 50; turn++) {
      const { leader } = cluster;
      const own = leader?.statistics().nomad?.leader_addr;
      const others = leader?.raftMembers().filter(({ address }) => address !== own) ?? [];
      const to = others[turn % others.length];
      if (leader !== undefined && to !== undefined) leader.transferLeadership(to.id);
      await world.pass(seconds(1.2));
      if (cluster.leader !== undefined && cluster.leader !== leader) handedOver++;
    }
    assert.ok(handedOver >= 40, `${handedOver} of 50 came about`);
  });
});

for (const role of ["leader", "follower"] as const) {
  test(`T49: a ${role} that was stopped for a minute disturbs nobody when it goes on, and makes up for nothing`, async () => {
    await atWork(`pause a ${role}`, async (cluster) => {
      const { world, servers } = cluster;
      const leads = ({ running }: (typeof servers)[number]) => running?.agent.server === cluster.leader;
      const paused = servers.find((server) => leads(server) === (role === "leader"))!;
      const { machine } = paused;
      const firedIn = async (time: Duration) => {
        const before = machine.timersFired;
        await world.pass(time);
        return machine.timersFired - before;
      };
      const usual = (await firedIn(seconds(10))) / 10;
      machine.pause();
      assert.equal(await firedIn(seconds(60)), 0);
      const rest = servers.filter((server) => server !== paused);
      const leader = cluster.leaderAmong(rest);
      const term = leader?.statistics().raft?.term;
      assert.ok(term !== undefined, "the others have a leader");
      machine.resume();
      const fired = await firedIn(seconds(1));
      assert.ok(fired <= usual + 10, `${fired} timers fired at once, ${usual} in a second before`);
      await world.pass(seconds(9));
      assert.equal(cluster.leader, leader);
      assert.equal(leader?.statistics().raft?.term, term);
    });
  });
}

test("a server whose database is damaged refuses to start, and gets everything anew when its log is set aside", async () => {
  await atWork("damage", async (cluster) => {
    const { world } = cluster;
    const struck = cluster.servers[0]!;
    struck.crash();
    struck.machine.damage();
    await assert.rejects(world.settled(struck.start()), /raft\.db.*damaged.*move "\/data\/server\/raft" elsewhere/s);
    await world.settled(struck.machine.setAside());
    world.restart(struck);
    const jobs = () => struck.running?.agent.server?.state.view().jobs.size;
    await world.until("it has what the others have", () => jobs() === habits.jobs.length, seconds(30));
  });
});
