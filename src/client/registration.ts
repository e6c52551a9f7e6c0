import { type RpcCaller, registerNode, updateNodeStatus } from "../api/index.ts";
import {
  between,
  type Duration,
  formatGoDuration,
  type Instant,
  inSeconds,
  longer,
  nanoseconds,
  seconds,
} from "../base/index.ts";
import { type Log, pause, type Runtime } from "../runtime/index.ts";
import type { LocalNode } from "./local-node.ts";
import { type ClientPaces, retryDelay, upTo } from "./retry-delay.ts";
import type { ServerList } from "./servers/server-list.ts";

/** What servers tell a node with every registration and heartbeat; times in nanoseconds. */
type NodeReply = Awaited<ReturnType<typeof register>>["reply"];

/** Part of an error's text by which a node learns that the servers have forgotten it. */
const nodeUnknown = "node not found";

/** However short a time a server grants, it is not asked more often. */
const shortestHeartbeat = seconds(1);

/**
 * Keeps a node in the cluster: registers it until that succeeds, then says within every time the servers grant that
 * it lives. A node that the servers have forgotten, or that has changed, is registered anew.
 */
export class Registration {
  readonly #runtime: Runtime;
  readonly #rpc: RpcCaller;
  readonly #node: LocalNode;
  readonly #servers: ServerList;
  readonly #paces: ClientPaces;
  readonly #log: Log;
  #registeredRevision = -1;
  #ttl: Duration = nanoseconds(0);
  #lastHeartbeat: Instant | undefined;

  /** `servers` is told what the servers say of themselves. */
  constructor(runtime: Runtime, rpc: RpcCaller, node: LocalNode, servers: ServerList, paces: ClientPaces) {
    this.#runtime = runtime;
    this.#rpc = rpc;
    this.#node = node;
    this.#servers = servers;
    this.#paces = paces;
    this.#log = runtime.log.named("client");
  }

  /** When servers last answered, if ever, and for how long they then took this node to be well. */
  get contact(): { readonly heardAt: Instant | undefined; readonly granted: Duration } {
    return { heardAt: this.#lastHeartbeat, granted: this.#ttl };
  }

  /** For `agent-info`: durations as Go prints them. */
  statistics(): Readonly<Record<string, string>> {
    const since =
      this.#lastHeartbeat === undefined ? undefined : between(this.#lastHeartbeat, this.#runtime.clock.now());
    return {
      heartbeat_ttl: formatGoDuration(this.#ttl),
      known_servers: String(this.#servers.addresses().length),
      last_heartbeat: since === undefined ? "never" : formatGoDuration(since),
    };
  }

  /** Runs until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    if (!(await this.#registerUntilDone(signal))) return;
    this.#log.debug(`periodically checking for node changes at duration ${inSeconds(this.#paces.nodeChanges)}s`);
    await Promise.all([this.#keepAlive(signal), this.#registerChanges(signal)]);
  }

  async #keepAlive(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#runtime;
    let wait = upTo(random, this.#paces.firstHeartbeatWithin);
    let failures = 0;
    while (await pause(clock, wait, signal)) {
      try {
        this.#heard(await this.#heartbeat(signal));
        failures = 0;
        wait = longer(this.#ttl, shortestHeartbeat);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        wait = await this.#afterFailedHeartbeat(error, failures, signal);
      }
    }
  }

  async #heartbeat(signal: AbortSignal): Promise<NodeReply> {
    const { value } = this.#node;
    const { reply, index } = await this.#rpc.call(
      updateNodeStatus,
      { NodeID: value.ID, Status: value.Status },
      { signal },
    );
    if (reply.EvalIDs.length > 0) this.#log.debug(`${reply.EvalIDs.length} evaluations triggered by node update`);
    // Servers give an index only when the status has changed by it.
    if (index !== 0) this.#log.debug(`state updated to ${value.Status}`);
    return reply;
  }

  /** How long until the next try. */
  async #afterFailedHeartbeat(error: unknown, failures: number, signal: AbortSignal): Promise<Duration> {
    if (error instanceof Error && error.message.includes(nodeUnknown)) {
      this.#log.debug("re-registering node");
      await this.#registerUntilDone(signal);
      return upTo(this.#runtime.random, this.#paces.firstHeartbeatWithin);
    }
    this.#log.error("heartbeating failed", { reason: String(error) });
    return retryDelay(this.#runtime.random, this.#paces.heartbeat, failures);
  }

  /** Changes that come together are registered together. */
  async #registerChanges(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#node.revision === this.#registeredRevision) await this.#node.changed.wait(signal);
      if (!(await pause(this.#runtime.clock, this.#paces.nodeChanges, signal))) return;
      if (this.#node.revision === this.#registeredRevision) continue;
      this.#log.debug("state changed, updating node");
      await this.#registerUntilDone(signal);
    }
  }

  /** False when `signal` fired first. */
  async #registerUntilDone(signal: AbortSignal): Promise<boolean> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const revision = this.#node.revision;
        const { reply } = await register(this.#rpc, this.#node, signal);
        this.#registeredRevision = revision;
        this.#node.setStatus("ready");
        this.#heard(reply);
        this.#log.debug("node registration complete");
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        this.#log.error("failed to register node", { reason: String(error) });
      }
      await pause(this.#runtime.clock, retryDelay(this.#runtime.random, this.#paces.registration, failures), signal);
    }
    return false;
  }

  #heard(reply: NodeReply): void {
    this.#ttl = nanoseconds(reply.HeartbeatTTL);
    this.#lastHeartbeat = this.#runtime.clock.now();
    this.#servers.learn(reply);
  }
}

function register(rpc: RpcCaller, node: LocalNode, signal: AbortSignal) {
  return rpc.call(registerNode, { Node: node.value }, { signal });
}
