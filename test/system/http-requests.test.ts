import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as ask } from "node:http";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { test } from "node:test";
import { checkout, DevAgent, eventually } from "./support/nomad.ts";

/** Every path of 0.4.1 with right and wrong methods, IDs, queries and bodies: statuses, headers and texts. */
const table = readFileSync(join(checkout, "test", "system", "recordings", "requests-0.4.1.txt"), "utf8");
const form =
  /^(?<method>\w+) (?<path>\S+)(?: < (?<body>.*?))? : (?<status>\d+) (?<told>read|write|none) : (?<text>.*)$/;

const web = {
  ID: "web",
  Name: "web",
  Type: "service",
  Region: "global",
  Priority: 50,
  Datacenters: ["dc1"],
  TaskGroups: [
    {
      Name: "app",
      Count: 1,
      Tasks: [
        {
          Name: "talk",
          Driver: "raw_exec",
          Config: { command: "/bin/sh", args: ["-c", "echo line; sleep 600"] },
          Resources: { CPU: 20, MemoryMB: 16, DiskMB: 150 },
          LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
        },
      ],
    },
  ],
};
const Periodic = { Enabled: true, SpecType: "cron", Spec: "0 0 1 1 *" };
const jobs: Readonly<Record<string, unknown>> = {
  "{JOB}": { Job: web },
  "{JOB:bare}": web,
  "{JOB:none}": { ...web, ID: "none" },
  "{PERIODIC}": { Job: { ...web, ID: "cron", Name: "cron", Type: "batch", Periodic } },
};

interface Heard {
  readonly status: number;
  readonly told: string;
  readonly type: string;
  readonly text: string;
}

function send(address: string, method: string, path: string, body = ""): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(address);
    const sent = ask({ hostname, port, method, path, agent: false, timeout: 20_000 }, async (answer) => {
      const { headers, statusCode = 0 } = answer;
      const text = await textOf(answer);
      const isRead = "x-nomad-knownleader" in headers && "x-nomad-lastcontact" in headers;
      const told = "x-nomad-index" in headers ? (isRead ? "read" : "write") : "none";
      assert.equal(headers.vary, "Accept-Encoding");
      resolve({ status: statusCode, told, type: headers["content-type"] ?? "", text });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer: ${method} ${path}`)));
    sent.on("error", reject);
    sent.end(body);
  });
}

function isAs(text: string, wanted: string): boolean {
  switch (wanted[0]) {
    case "~":
      return new RegExp(wanted.slice(1)).test(text);
    default:
      if (wanted === "empty") return text === "";
      return wanted === "list" ? /^\[.+\]$/s.test(text) : text === wanted;
  }
}

test("every path of 0.4.1 answers right and wrong questions with its statuses, headers and texts", async () => {
  const agent = await DevAgent.start();
  try {
    assert.equal((await send(agent.address, "PUT", "/v1/jobs", JSON.stringify({ Job: web }))).status, 200);
    const running = await eventually("the job's task runs", async () => {
      const all: { ID: string; ClientStatus: string }[] = await agent.get("/v1/job/web/allocations");
      return all.find(({ ClientStatus }) => ClientStatus === "running");
    });
    const ids: Readonly<Record<string, string>> = {
      node: (await agent.get("/v1/nodes"))[0].ID,
      alloc: running.ID,
      eval: (await agent.get("/v1/job/web/evaluations"))[0].ID,
    };
    const filled = (text: string) =>
      text
        .replace(/\{(node|alloc|eval)(:8)?\}/g, (_, what, short) => ids[what]?.slice(0, short ? 8 : 36) ?? "")
        .replace(/\{(?:JOB(?::\w+)?|PERIODIC)\}/, (name) => JSON.stringify(jobs[name]));
    const lines = table.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.ok(lines.length >= 190, `${lines.length} requests`);
    const different: unknown[] = [];
    for (const line of lines) {
      const { method = "", path = "", body, status, told, text = "" } = form.exec(line)?.groups ?? assert.fail(line);
      const heard = await send(agent.address, method, filled(path), filled(body ?? ""));
      const isFile = /\/(?:cat|readat|logs)\//.test(path);
      const isTyped = heard.status !== 200 || heard.text === "" || isFile || heard.type === "application/json";
      const isSame = heard.status === Number(status) && heard.told === told && isAs(heard.text, filled(text));
      if (!isSame || !isTyped) different.push({ line, heard: { ...heard, text: heard.text.slice(0, 500) } });
    }
    assert.deepEqual(different, []);
  } finally {
    await agent.end();
    await agent.dispose();
  }
});
