import assert from "node:assert/strict";
import type { Agents, TestAgent } from "../support/agents.ts";
import { eventually, freePorts } from "../support/nomad.ts";
import { MemoryProbe } from "./memory-probe.ts";

/** For one step of as many jobs as there are at once. */
const patienceSeconds = 300;

/** Server and client in one, which forgets nothing of what has ended before it is told to. */
const cyclingAgent = `server { enabled = true bootstrap_expect = 1 }
client { enabled = true network_interface = "lo" options { "driver.raw_exec.enable" = "1" } gc_max_allocs = 100000 }`;

/** Starts such an agent, and what looks into its memory. */
export async function startCyclingAgent(
  agents: Agents,
): Promise<{ readonly agent: TestAgent; readonly probe: MemoryProbe }> {
  const [port = 0] = await freePorts(1);
  const agent = await agents.place("all");
  await agent.start(cyclingAgent, [], MemoryProbe.environment(port));
  const probe = await MemoryProbe.connect(agent, port);
  await agent.seen<{ Status: string }[]>("the node is ready", "/v1/nodes", ([node]) => node?.Status === "ready");
  return { agent, probe };
}

const shell = (script: string) => ({ command: "/bin/sh", args: ["-c", script] });
const job = (ID: string, script: string) => ({
  ...{ ID, Name: ID, Region: "global", Type: "batch", Priority: 50, Datacenters: ["dc1"] },
  TaskGroups: [
    {
      ...{ Name: "g", Count: 1, RestartPolicy: { Attempts: 0, Interval: 60e9, Delay: 1e9, Mode: "fail" } },
      Tasks: [
        {
          ...{ Name: "t", Driver: "raw_exec", Config: shell(script) },
          LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
          Resources: { CPU: 20, MemoryMB: 10, DiskMB: 10 },
        },
      ],
    },
  ],
});

/**
 * Registers jobs of one task, `atOnce` of them together; half of them end by themselves, the others are stopped; then the
 * server forgets them, and those after them begin. To be called when no other allocations are known.
 */
export async function cycleJobs(
  agent: TestAgent,
  { name, count, atOnce }: { readonly name: string; readonly count: number; readonly atOnce: number },
): Promise<void> {
  for (let first = 0; first < count; first += atOnce) {
    const ids = Array.from({ length: atOnce }, (_, at) => `${name}-${first + at}`);
    const register = async (ID: string, at: number) => {
      const body = JSON.stringify({ Job: job(ID, at % 2 === 0 ? "exit 0" : "sleep 1000 & wait") });
      assert.equal((await agent.ask("/v1/jobs", { method: "PUT", body })).status, 200);
    };
    await Promise.all(ids.map(register));
    await agent.seen<readonly { ClientStatus: string }[]>(
      `those of ${ids[0]} have begun`,
      "/v1/allocations",
      (all) => all.length >= atOnce && all.every(({ ClientStatus }) => ClientStatus !== "pending"),
      patienceSeconds,
    );
    await Promise.all(ids.map((id) => agent.ask(`/v1/job/${id}`, { method: "DELETE" })));
    await eventually(
      `all is forgotten after ${ids[0]}`,
      async () => {
        await agent.ask("/v1/system/gc", { method: "PUT" });
        return (await agent.get<readonly unknown[]>("/v1/allocations")).length === 0 ? true : undefined;
      },
      patienceSeconds,
      100,
    );
  }
}
