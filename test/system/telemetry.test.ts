import assert from "node:assert/strict";
import { test } from "node:test";
import { Agents, type TestAgent } from "./support/agents.ts";
import { eventually } from "./support/nomad.ts";

/** What servers tell of each other to whoever scrapes them. */

const settings = (join: readonly string[]) => `
server {
  enabled = true
  bootstrap_expect = 3
  retry_join = [${join.map((address) => `"${address}"`).join(", ")}]
  retry_interval = "1s"
}
telemetry { prometheus_metrics = true }`;

const ofEach = [
  ...["memberlist_gossip_count", "memberlist_probeNode_count", "memberlist_msg_alive", "memberlist_tcp_sent"],
  ...["memberlist_tcp_accept", "memberlist_tcp_connect", "memberlist_udp_sent", "memberlist_udp_received"],
  ...["serf_msgs_sent_count", "serf_msgs_received_count", "serf_queue_Event_count", "serf_snapshot_compact_count"],
  ...["nomad_rpc_accept_conn", "nomad_rpc_raft_handoff", "state_snapshotIndex"],
];
const ofFollowers = ["appendEntries", "appendEntries_storeLogs", "appendEntries_processLogs", "processHeartbeat"].map(
  (name) => `raft_rpc_${name}_count`,
);
const ofLeaders = [
  ...["raft_candidate_electSelf_count", "raft_leader_lastContact_count", "nomad_leader_barrier_count"],
  "nomad_heartbeat_active",
];

async function figures(agent: TestAgent): Promise<ReadonlySet<string>> {
  const text = await (await agent.ask("/v1/metrics?format=prometheus")).text();
  return new Set([...text.matchAll(/^nomad_([\w:]+)(?:\{\S+\})? \S+$/gm)].map(([, name = ""]) => name));
}

async function shows(agent: TestAgent, wanted: readonly string[]): Promise<void> {
  let missing = wanted;
  await eventually(`${agent.name} shows all figures`, async () => {
    const shown = await figures(agent);
    missing = wanted.filter((name) => !shown.has(name));
    return missing.length === 0 || undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${missing.join(", ")} is missing`);
  });
}

test("three servers measure probes, rumours, votes, heartbeats and appends, each what is its part", async () => {
  const agents = await Agents.begin();
  try {
    const servers = await Promise.all(["s1", "s2", "s3"].map((name) => agents.place(name)));
    for (const server of servers) await server.start(settings(servers.map(({ serf }) => serf)));
    const leads = await (servers[0] as TestAgent).knowsLeader();
    for (const server of servers) await shows(server, ofEach);
    const followers = servers.filter(({ rpc }) => rpc !== leads);
    assert.equal(followers.length, 2);
    for (const follower of followers) await shows(follower, ofFollowers);
    const [leader] = servers.filter(({ rpc }) => rpc === leads) as [TestAgent];
    const ofPeers = followers.flatMap(({ rpc }) =>
      ["heartbeat", "appendEntries_rpc"].map((name) => `raft_replication_${name}_${rpc.replace(/[^\w:]/g, "_")}_count`),
    );
    await shows(leader, [...ofLeaders, ...ofPeers]);
    assert.ok(!(await figures(leader)).has("raft_rpc_processHeartbeat_count"), "nobody sends a leader heartbeats");
  } finally {
    await agents.dispose();
  }
});
