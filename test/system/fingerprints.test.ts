import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Agents } from "./support/agents.ts";
import { eventually, freePorts } from "./support/nomad.ts";

interface Node {
  readonly ID: string;
  readonly Status: string;
  readonly Attributes: Readonly<Record<string, string>>;
  readonly Links: Readonly<Record<string, string>>;
  readonly Resources: { readonly CPU: number; readonly MemoryMB: number; readonly DiskMB: number };
}

/** What the machine says of itself, by its own programs. */
function told(command: string): string {
  return execFileSync("/bin/sh", ["-c", command], { encoding: "utf8" }).trim();
}

test("a node is ready while cloud metadata services take the question and never answer, and tells of the machine what the machine tells", async () => {
  const agents = await Agents.begin();
  const silent = new Set<Socket>();
  const [port = 0] = await freePorts(1);
  const service = createServer((socket) => silent.add(socket));
  try {
    await new Promise<void>((resolve) => service.listen(port, "127.0.0.1", resolve));
    const agent = await agents.place("a1");
    const url = `http://127.0.0.1:${port}/`;
    await agent.start(
      'log_level = "DEBUG"\nserver { enabled = true bootstrap_expect = 1 }\nclient { enabled = true network_interface = "lo" }',
      [],
      {
        AWS_ENV_URL: url,
        GCE_ENV_URL: url,
      },
    );
    const [{ ID }] = (await agent.seen<Node[]>(
      "the node is ready",
      "/v1/nodes",
      ([node]) => node?.Status === "ready",
    )) as [Node];
    await eventually("both services were asked", () => silent.size >= 2 || undefined);
    await agent.says(/Error querying AWS Metadata URL, skipping/);
    const log = await agent.output();
    const registered = log.indexOf("node registration complete");
    assert.ok(
      registered >= 0 && registered < log.indexOf("Metadata URL, skipping"),
      "registered before they were given up",
    );
    const { Attributes, Links, Resources } = await agent.get<Node>(`/v1/node/${ID}`);
    const cores = Number(told("grep -c ^processor /proc/cpuinfo"));
    const mhz = Math.floor(Number(told("sed -n 's/^cpu MHz.*: //p' /proc/cpuinfo | head -n 1")));
    const bytes = Number(told("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")) * 1024;
    assert.partialDeepStrictEqual(Attributes, {
      "kernel.name": "linux",
      "kernel.version": told("uname -r"),
      "unique.hostname": told("uname -n"),
      "cpu.numcores": String(cores),
      "cpu.modelname": told("sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1"),
      "memory.totalbytes": String(bytes),
      "unique.network.ip-address": "127.0.0.1",
      "os.name": told(". /etc/os-release; echo $ID"),
      "unique.storage.volume": told(`df -P ${agent.dataDirectory} | sed -n 's/ .*//;2p'`),
      "nomad.version": "0.4.1",
    });
    // The frequency of a core may change between two looks at it.
    const compute = Number(Attributes["cpu.totalcompute"]);
    assert.ok(Math.abs(compute - cores * mhz) <= cores * mhz * 0.5, `${compute} MHz`);
    assert.equal(Resources.CPU, compute);
    assert.equal(Resources.MemoryMB, Math.floor(bytes / 2 ** 20));
    assert.ok(Resources.DiskMB > 0);
    if (existsSync("/sys/fs/cgroup")) assert.match(Attributes["os.cgroups.version"] ?? "", /^[12]$/);
    assert.deepEqual(Links, {});
  } finally {
    for (const socket of silent) socket.destroy();
    service.close();
    await agents.dispose();
  }
});
