import { type Happening, WakeUp } from "../../base/index.ts";
import { type Gossip, Keyring, type PoolKeys, startGossip } from "../../gossip/index.ts";
import { compatibleVersion, type Member, member } from "../../model/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { ServerConfig } from "../config.ts";
import { KeyringFile } from "./keyring-file.ts";
import { type KnownServer, serverObjection, serverOf } from "./known-servers.ts";
import type { Membership } from "./membership.ts";

/** The membership of a server among others: by Serf's gossip, over all regions. */
export class GossipMembership implements Membership {
  readonly #config: ServerConfig;
  readonly #gossip: Gossip;
  readonly #changed: WakeUp;
  /** Undefined where gossip is not encrypted. */
  readonly keys: PoolKeys | undefined;

  private constructor(
    config: ServerConfig,
    gossip: Gossip,
    changed: WakeUp,
    options: { readonly isEncrypted: boolean },
  ) {
    this.#config = config;
    this.#gossip = gossip;
    this.#changed = changed;
    this.keys = options.isEncrypted ? gossip.keys : undefined;
  }

  /**
   * Begins to gossip as the server that Raft knows as `id`. Rejects when the address cannot be bound or the kept keys
   * cannot be read.
   */
  static async start(runtime: Runtime, config: ServerConfig, id: string): Promise<GossipMembership> {
    const changed = new WakeUp();
    const log = runtime.log.named("nomad");
    const { dataDirectory } = config;
    const file = dataDirectory === undefined ? undefined : new KeyringFile(runtime, `${dataDirectory}/serf.keyring`);
    const keyring = await keyringOf(config, file);
    const gossip = await startGossip(runtime, {
      name: `${config.nodeName}.${config.region}`,
      bind: config.serfBind,
      advertise: config.serfAddress,
      objection: serverObjection,
      tags: tagsOf(config, id),
      snapshotPath: dataDirectory === undefined ? undefined : `${dataDirectory}/serf/snapshot`,
      keyring,
      keepKeys: (changedKeys) => file?.keep(changedKeys) ?? Promise.resolve(),
      onEvent: (event) => {
        if (event.kind === "user" || event.kind === "query") return;
        const server = serverOf(event.member);
        if (server === undefined) return;
        const acts = event.kind === "join" ? "adding" : event.kind === "update" ? "updating" : "removing";
        log.info(`${acts} server ${server.name} (Addr: ${server.rpcAddress}) (DC: ${server.datacenter})`);
        changed.notify();
      },
    });
    return new GossipMembership(config, gossip, changed, { isEncrypted: keyring !== undefined });
  }

  get changed(): Happening {
    return this.#changed.next;
  }

  members(): readonly Member[] {
    return this.#gossip.members().map((known) => member.parse(known));
  }

  servers(): readonly KnownServer[] {
    return this.#gossip.members().flatMap((known) => serverOf(known) ?? []);
  }

  regions(): readonly string[] {
    const alive = this.servers().filter(({ status }) => status === "alive");
    return [...new Set([this.#config.region, ...alive.map(({ region }) => region)])].sort();
  }

  join(addresses: readonly string[]): Promise<{ readonly joined: number; readonly error: string }> {
    return this.#gossip.join(addresses);
  }

  async forceLeave(name: string): Promise<void> {
    this.#gossip.forceLeave(name);
  }

  leave(): Promise<void> {
    return this.#gossip.leave();
  }

  close(): Promise<void> {
    return this.#gossip.close();
  }

  statistics(): Readonly<Record<string, string>> {
    return this.#gossip.statistics();
  }
}

/** Without a data directory keys live as long as the server. */
async function keyringOf({ gossipKey }: ServerConfig, file: KeyringFile | undefined): Promise<Keyring | undefined> {
  if (file !== undefined) return file.open(gossipKey);
  return gossipKey && new Keyring(gossipKey);
}

function tagsOf(config: ServerConfig, id: string): Readonly<Record<string, string>> {
  return {
    role: "nomad",
    id,
    region: config.region,
    dc: config.datacenter,
    vsn: "1",
    mvn: "1",
    build: compatibleVersion,
    port: config.rpcAddress.slice(config.rpcAddress.lastIndexOf(":") + 1),
    ...(config.bootstrapExpect === 1 && { bootstrap: "1" }),
    ...(config.bootstrapExpect > 1 && { expect: String(config.bootstrapExpect) }),
  };
}
