import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeRuntime } from "../runtime/node/index.ts";
import type { PartialSettings } from "./config/settings.ts";
import { type AgentProcess, runAgent } from "./run-agent.ts";

/** A process in a test: what was printed, signals to be sent, and failures that nobody caught. */
class TestProcess implements AgentProcess {
  readonly machine = { hostName: "vm", processors: 1 };
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
    return new Promise((resolve) => {
      const look = () => {
        if (!this.printed.some((line) => line.includes(text))) return;
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

test("a hangup reads the configuration again, and the agent goes on", async () => {
  const host = new TestProcess();
  const code = started(host);
  await host.says("state updated to ready");
  host.signal("SIGHUP");
  await host.says("==> Reloading configuration...");
  host.signal("SIGINT");
  assert.equal(await code, 1);
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
