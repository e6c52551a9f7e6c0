import type { OpenAPIDocument } from "../../src/api/index.ts";
import { DevAgent, eventually } from "../system/support/nomad.ts";
import { type FuzzedAPI, fuzzAPI } from "./fuzz-api.ts";

const task = {
  Name: "t",
  Driver: "raw_exec",
  Config: { command: "/bin/sh", args: ["-c", "echo text; exec sleep 3600"] },
  Resources: { CPU: 20, MemoryMB: 16 },
  LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
};
const job = {
  ID: "web",
  Name: "web",
  Type: "service",
  Region: "global",
  Priority: 50,
  Datacenters: ["dc1"],
  TaskGroups: [{ Name: "g", Count: 1, Tasks: [task] }],
};

/** What became of an agent that was asked many odd things. */
export interface FuzzedAgent {
  readonly fuzzed: FuzzedAPI;
  /** Lines of its log about errors that nobody foresaw. */
  readonly surprises: readonly string[];
  readonly health: unknown;
}

/**
 * Asks an agent of the built command, in a process of its own, and has it run a job afterwards. Rejects when it has ended, or
 * does not run it.
 */
export async function fuzzAgent(options: { readonly count: number; readonly seed: string }): Promise<FuzzedAgent> {
  const agent = await DevAgent.start();
  try {
    await run(agent, "web");
    const document: OpenAPIDocument = await agent.get("/v1/openapi.json");
    const fuzzed = await fuzzAPI(agent.address, document, job, options);
    const health = await agent.get("/v1/agent/health");
    await put(agent, "/v1/operator/scheduler/configuration", {});
    for (const { ID } of await agent.get("/v1/nodes")) {
      await put(agent, `/v1/node/${ID}/drain?enable=false`, undefined);
      await put(agent, `/v1/node/${ID}/eligibility`, { Eligibility: "eligible" });
    }
    await run(agent, "after");
    const surprises = `${agent.output}${agent.errors}`.split("\n").filter((line) => line.includes("stack="));
    return { fuzzed, surprises, health };
  } finally {
    await agent.end();
    await agent.dispose();
  }
}

async function run(agent: DevAgent, ID: string): Promise<void> {
  await put(agent, "/v1/jobs", { Job: { ...job, ID, Name: ID } });
  await eventually(`job "${ID}" runs`, async () => {
    const allocations: { ClientStatus: string }[] = await agent.get(`/v1/job/${ID}/allocations`);
    return allocations.some(({ ClientStatus }) => ClientStatus === "running") || undefined;
  });
}

async function put(agent: DevAgent, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${agent.address}${path}`, { method: "PUT", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}
