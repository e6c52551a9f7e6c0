import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { tarBytes } from "../../src/client/artifacts/testing/tar-bytes.ts";
import { DevAgent, eventually } from "./support/nomad.ts";

/** Artifacts, from a job file to a task that runs what was fetched, with the built command in real processes. */

const script = "#!/bin/sh\necho fetched by $1, $(cat local/settings)\n";
const packed = gzipSync(tarBytes([{ name: "bin/hello", content: script, mode: 0o755 }]));
const asked: string[] = [];
let failuresLeft = 1;

const server = createServer((request, response) => {
  asked.push(`${request.url} ${request.headers["x-token"] ?? ""}`);
  if (request.url === "/tool.tar.gz" && failuresLeft-- > 0) {
    response.writeHead(503).end();
    return;
  }
  const files: Readonly<Record<string, string | Buffer>> = { "/tool.tar.gz": packed, "/settings-dc1": "of dc1" };
  const file = files[request.url ?? ""];
  response.writeHead(file === undefined ? 404 : 200).end(file);
});

let agent: DevAgent;

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  agent = await DevAgent.start();
});
after(async () => {
  await agent.dispose();
  server.close();
  server.closeAllConnections();
});

const job = (name: string, artifacts: string) => `
job "${name}" {
  datacenters = ["dc1"]
  type        = "batch"
  group "g" {
    restart {
      attempts = 1
      interval = "1m"
      delay    = "1s"
      mode     = "fail"
    }
    task "t" {
      driver = "raw_exec"
      config {
        command = "local/tool/bin/hello"
        args    = ["\${NOMAD_TASK_NAME}"]
      }
      ${artifacts}
      resources { cpu = 50 memory = 32 disk = 200 }
    }
  }
}
`;

async function ended(name: string) {
  return eventually(`${name} has ended`, async () => {
    const [allocation] = await agent.get(`/v1/job/${name}/allocations`);
    return ["complete", "failed"].includes(allocation?.ClientStatus) ? allocation : undefined;
  });
}

test("a script is fetched, tried again when that fails, unpacked, and run with the settings fetched beside it", async () => {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const checksum = `sha256:${createHash("sha256").update(packed).digest("hex")}`;
  const file = await agent.jobFile(
    "tool.nomad",
    job(
      "tool",
      `artifact {
        source      = "${address}/tool.tar.gz"
        destination = "local/tool"
        options { checksum = "${checksum}" }
      }
      artifact {
        source      = "${address}/settings-\${node.datacenter}"
        mode        = "file"
        destination = "local/settings"
        headers { X-Token = "for-\${NOMAD_TASK_NAME}" }
      }`,
    ),
  );
  const run = await agent.run(["run", file]);
  assert.equal(run.code, 0, run.stderr);
  const allocation = await ended("tool");
  const events = allocation.TaskStates.t.Events.map(({ Type }: { Type: string }) => Type);
  assert.deepEqual(events, [
    "Received",
    "Downloading Artifacts",
    "Failed Artifact Download",
    "Restarting",
    "Downloading Artifacts",
    "Started",
    "Terminated",
  ]);
  assert.equal(allocation.ClientStatus, "complete");
  assert.equal((await agent.run(["logs", allocation.ID])).stdout, "fetched by t, of dc1\n");
  assert.deepEqual(asked, ["/tool.tar.gz ", "/tool.tar.gz ", "/settings-dc1 for-t"]);
  const listed = await agent.run(["fs", allocation.ID, "t/local"]);
  assert.match(listed.stdout, /^-rw-r--r-- .* settings$/m);
});

test("T34: a task whose artifact may not be fetched never starts, and its status says why", async () => {
  const file = await agent.jobFile("bad.nomad", job("bad", 'artifact { source = "http://169.254.169.254/latest" }'));
  await agent.run(["run", file]);
  const allocation = await ended("bad");
  const status = await agent.run(["alloc-status", "-no-color", allocation.ID]);
  assert.match(
    status.stdout,
    /Failed Artifact Download +GET error: Connections to 169\.254\.169\.254 are not allowed by this client/,
  );
  assert.equal(
    allocation.TaskStates.t.Events.some(({ Type }: { Type: string }) => Type === "Started"),
    false,
  );
});
