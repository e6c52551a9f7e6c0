import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { NodeDisk, nodeRuntime } from "../runtime/node/index.ts";
import type { PartialSettings } from "./config/settings.ts";
import { type AgentProcess, runAgent } from "./run-agent.ts";

/** A process in a test: what was printed, signals to be sent, and failures that nobody caught. */
class TestProcess implements AgentProcess {
  readonly machine = { hostName: "vm", processors: 1 };
  readonly commandLine = ["nomad", "agent"];
  readonly printed: string[] = [];
  readonly complaints: string[] = [];
  #report: (error: unknown) => void = () => {};
  #kept: string[] = [];
  readonly #looking = new Set<() => void>();
  #waiting: ((signal: IteratorResult<string>) => void) | undefined;

  readonly signals: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const kept = this.#kept.shift();
        if (kept !== undefined) return Promise.resolve({ value: kept, done: false });
        return new Promise((resolve) => {
          this.#waiting = resolve;
        });
      },
    }),
  };

  print(text: string): void {
    this.printed.push(text);
    for (const look of this.#looking) look();
  }

  complain(text: string): void {
    this.complaints.push(text);
    for (const look of this.#looking) look();
  }

  runtimeStatistics(): Readonly<Record<string, string>> {
    return {};
  }

  onUncaught(report: (error: unknown) => void): void {
    this.#report = report;
  }

  failUncaught(error: unknown): void {
    this.#report(error);
  }

  signal(name: string): void {
    if (this.#waiting === undefined) this.#kept.push(name);
    else this.#waiting({ value: name, done: false });
    this.#waiting = undefined;
  }

  /** Resolves when a printed line contains `text`. */
  says(text: string): Promise<void> {
    return this.#until(() => this.printed.some((line) => line.includes(text)));
  }

  /** Resolves when a complaint after the first `known` is `text`. */
  complains(text: string, known: number): Promise<void> {
    return this.#until(() => this.complaints.slice(known).includes(text));
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo()) return;
        this.#looking.delete(look);
        resolve();
      };
      this.#looking.add(look);
      look();
    });
  }
}

/** Ports are such as are free, so that no two tests meet on one. */
function started(host: TestProcess, flags: PartialSettings = {}): Promise<number> {
  const Ports = { HTTP: 0, RPC: 0, Serf: 0 };
  return runAgent({ dev: true, files: [], flags: { Ports, ...flags } }, host);
}

test("an interrupt ends the agent with 1, in the order users know", async () => {
  const host = new TestProcess();
  const code = started(host);
  await host.says("state updated to ready");
  host.signal("SIGINT");
  assert.equal(await code, 1);
  const text = host.printed.join("\n");
  assert.match(
    text,
    /==> Caught signal: interrupt\n[\s\S]*agent: requesting shutdown\n[\s\S]*agent: shutdown complete/,
  );
});

test("with leave_on_terminate a request to end is a graceful leave, and ends with 0", async () => {
  const host = new TestProcess();
  const code = started(host, { LeaveOnTerm: true });
  await host.says("state updated to ready");
  host.signal("SIGTERM");
  assert.equal(await code, 0);
  const text = host.printed.join("\n");
  assert.match(text, /==> Caught signal: terminated\n==> Gracefully shutting down agent\.\.\.\n/);
  assert.match(text, /serf: EventMemberLeave: vm\.global 127\.0\.0\.1/);
});

/** An agent that reads one file, and the file. */
async function startedWithFile(host: TestProcess, text: string) {
  const disk = new NodeDisk();
  const directory = await disk.makeTemporaryDirectory("nomad-reload-");
  const path = join(directory, "agent.hcl");
  const write = (hcl: string) => disk.writeAtomically(path, new TextEncoder().encode(hcl));
  await write(text);
  const Ports = { HTTP: 0, RPC: 0, Serf: 0 };
  const code = runAgent({ dev: true, files: [{ given: path, path }], flags: { Ports } }, host);
  await host.says("state updated to ready");
  return { code, write, [Symbol.asyncDispose]: () => disk.removeTree(directory) };
}

test("a hangup takes over what can change, and names what needs a new start", async () => {
  const host = new TestProcess();
  await using agent = await startedWithFile(host, 'log_level = "TRACE"');
  await agent.write(`
    leave_on_interrupt = true
    http_api_response_headers { "X-Where" = "here" }
    datacenter = "elsewhere"
    telemetry { statsd_address = "127.0.0.1:9" publish_node_metrics = false }
    consul { token = "canary-of-consul" server_auto_join = false }
    client { meta { rack = "r1" } node_class = "big" reserved { memory = 64 } max_kill_timeout = "1m" }`);
  host.signal("SIGHUP");
  await host.says("configuration reloaded");
  const said = host.printed.filter((line) => /take effect|reloaded/.test(line)).map((line) => line.slice(31));
  assert.deepEqual(said, [
    '[WARN] agent: these keys take effect when the agent is started again keys=["client.max_kill_timeout","consul.server_auto_join","datacenter"]',
    '[INFO] agent: configuration reloaded changed=["client.meta","client.node_class","client.reserved","consul.token","http_api_response_headers","leave_on_interrupt","log_level","telemetry.publish_node_metrics","telemetry.statsd_address"]',
  ]);
  assert.doesNotMatch(host.printed.join(""), /canary/);
  host.signal("SIGINT");
  assert.equal(await agent.code, 0, "it leaves gracefully now");
});

test("a hangup with a wrong configuration says so, and changes nothing", async () => {
  const host = new TestProcess();
  await using agent = await startedWithFile(host, "");
  for (const wrong of [
    'leave_on_interrupt = true log_level = "LOUD"',
    'leave_on_interrupt = true http_api_response_headers { "no name" = "" }',
    'leave_on_interrupt = true consul { address = "unix:///consul.sock" }',
  ]) {
    await agent.write(wrong);
    const before = host.complaints.length;
    host.signal("SIGHUP");
    await host.complains("==> Failed to reload configs", before);
  }
  assert.match(host.complaints.join("\n"), /Invalid log level: LOUD[\s\S]*Cannot send response header "no name"/);
  host.signal("SIGINT");
  assert.equal(await agent.code, 1, "it does not leave, as before");
});

test("a rejection that nobody catches is logged and ends the agent with 1, clearing up on the way (T56)", async () => {
  const host = new TestProcess();
  const code = started(host);
  await host.says("state updated to ready");
  host.failUncaught(new Error("a promise nobody held"));
  assert.equal(await code, 1);
  assert.match(host.complaints.join("\n"), /^==> The agent cannot go on: a promise nobody held \(at /);
  assert.ok(host.printed.some((line) => line.includes("[ERR] agent: cannot go on")));
  assert.ok(host.printed.some((line) => line.includes("agent: shutdown complete")));
});

test("an agent whose output nobody reads any more ends with 1, clearing up on the way", async () => {
  const host = new TestProcess();
  const code = started(host);
  await host.says("state updated to ready");
  let written = 0;
  host.print = () => {
    written += 1;
    host.failUncaught(new Error("write EPIPE"));
  };
  host.failUncaught(new Error("write EPIPE"));
  assert.equal(await code, 1);
  assert.ok(written > 1);
  assert.deepEqual(host.complaints.length, 1);
});

test("an agent told to listen at what is no address says so, and what to do", async () => {
  const host = new TestProcess();
  assert.equal(await started(host, { BindAddr: "999.1.1.1" }), 1);
  assert.deepEqual(host.complaints, [
    '==> Error starting http server: no address is known for "999.1.1.1"; set bind_addr to an address of this machine',
  ]);
});

test("an agent whose port is taken says so and what to do, and leaves nothing behind", async () => {
  const { network } = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
  const taken = await network.listen("127.0.0.1:0", () => {});
  try {
    const host = new TestProcess();
    const HTTP = Number(taken.address.split(":")[1]);
    assert.equal(await started(host, { Ports: { HTTP, RPC: 0, Serf: 0 } }), 1);
    const complaint = `==> Error starting http server: failed to start HTTP listener: listen tcp ${taken.address}: bind: address already in use; is another agent running?`;
    assert.ok(host.complaints.join("\n").startsWith(complaint), host.complaints.join("\n"));
  } finally {
    await taken.close();
  }
});

test("an agent told to advertise a name that nobody knows says so", async () => {
  const host = new TestProcess();
  assert.equal(await started(host, { AdvertiseAddrs: { RPC: "nobody.invalid:1" } }), 1);
  assert.deepEqual(host.complaints, [
    "==> Error starting agent: setup failed: error resolving rpc advertise address: lookup nobody.invalid: no such host",
  ]);
});
