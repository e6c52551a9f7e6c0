import type { Happening } from "../../base/index.ts";
import { compatibleVersion, type Member, member } from "../../model/index.ts";
import type { Log } from "../../runtime/index.ts";
import type { ServerConfig } from "../config.ts";
import type { ServerRuntime } from "../server-runtime.ts";
import { type KnownServer, serverOf } from "./known-servers.ts";
import type { Membership } from "./membership.ts";

/** Protocol versions of Serf 0.7 as Nomad 0.4.1 spoke them. */
const protocol = { ProtocolMin: 1, ProtocolMax: 4, ProtocolCur: 2, DelegateMin: 2, DelegateMax: 4, DelegateCur: 4 };

/** The membership of a server that is alone by intent: a dev agent. It joins nobody. */
export class LoneMembership implements Membership {
  readonly #self: Member;
  readonly #region: string;
  readonly #serfAddress: string;
  readonly #log: Log;
  #left = false;

  constructor(runtime: ServerRuntime, config: ServerConfig) {
    const { host, port } = splitAddress(config.serfAddress);
    this.#region = config.region;
    this.#serfAddress = config.serfAddress;
    this.#self = member.parse({
      Name: `${config.nodeName}.${config.region}`,
      Addr: host,
      Port: port,
      Status: "alive",
      ...protocol,
      Tags: {
        role: "nomad",
        region: config.region,
        dc: config.datacenter,
        vsn: "1",
        mvn: "1",
        build: compatibleVersion,
        port: String(splitAddress(config.rpcAddress).port),
        bootstrap: "1",
      },
    });
    this.#log = runtime.log.named("serf");
    this.#log.info(`EventMemberJoin: ${this.#self.Name} ${host}`);
  }

  /** There is nobody to encrypt for. */
  readonly keys = undefined;

  /** Nothing ever changes. */
  readonly changed: Happening = () => () => {};

  members(): readonly Member[] {
    return [this.#self];
  }

  servers(): readonly KnownServer[] {
    return this.members().flatMap((known) => serverOf(known) ?? []);
  }

  regions(): readonly string[] {
    return [this.#region];
  }

  async join(addresses: readonly string[]): Promise<{ joined: number; error: string }> {
    const others = addresses.filter((address) => withPort(address, this.#self.Port) !== this.#serfAddress);
    if (others.length === 0) return { joined: addresses.length, error: "" };
    const reasons = others.map((address) => `* Failed to join ${address}: a dev agent is a cluster of its own`);
    const error = `${others.length} error(s) occurred:\n\n${reasons.join("\n")}`;
    return { joined: addresses.length - others.length, error };
  }

  async forceLeave(): Promise<void> {}

  async leave(): Promise<void> {
    this.#left = true;
    this.#log.info(`EventMemberLeave: ${this.#self.Name} ${this.#self.Addr}`);
  }

  close(): void {
    if (!this.#left) this.#log.warn("Shutdown without a Leave");
  }

  statistics(): Readonly<Record<string, string>> {
    return {
      encrypted: "false",
      event_queue: "0",
      event_time: "1",
      failed: "0",
      health_score: "0",
      intent_queue: "0",
      left: "0",
      member_time: "1",
      members: "1",
      query_queue: "0",
      query_time: "1",
    };
  }
}

function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(":");
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(address.slice(at + 1)) };
}

function withPort(address: string, port: number): string {
  return /:\d+$/.test(address) ? address : `${address}:${port}`;
}
