import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Hosts on one machine: network namespaces, each with an address of its own, joined by a bridge that is in a namespace
 * too. Links between them can be cut and healed. Our own process reaches all of them and is cut from none.
 *
 *     us ── veth ──┐
 *     host 0 ──────┤ bridge (in the hub)
 *     host 1 ──────┤
 *     host 2 ──────┘
 */
export class TestHosts {
  readonly #name: string;
  /** The first three numbers of all addresses; of this process's own, so that test files do not meet. */
  readonly #network: string;
  readonly #count: number;

  private constructor(count: number) {
    this.#count = count;
    this.#name = `nt${process.pid.toString(36)}`;
    this.#network = `10.213.${process.pid % 256}`;
  }

  /** Why this machine can have no such hosts; undefined if it can. */
  static async obstacle(): Promise<string | undefined> {
    if (process.getuid?.() !== 0) return "network namespaces need root";
    for (const program of ["ip", "nft"]) {
      const found = await run("sh", ["-c", `command -v ${program}`]).catch(() => undefined);
      if (found === undefined) return `the program "${program}" is missing`;
    }
    return undefined;
  }

  static async make(count: number): Promise<TestHosts> {
    const hosts = new TestHosts(count);
    try {
      await hosts.#make();
      return hosts;
    } catch (error) {
      await hosts.dispose();
      throw error;
    }
  }

  address(host: number): string {
    return `${this.#network}.${host + 1}`;
  }

  /** The command that runs `command` on a host, in the same process. */
  commandOn(host: number, command: readonly string[]): readonly string[] {
    return ["ip", "netns", "exec", this.#hostName(host), ...command];
  }

  /** From now on `to` gets nothing that `from` sends. */
  async cutOneWay({ from, to }: { readonly from: number; readonly to: number }): Promise<void> {
    const rule = ["add", "rule", "inet", "cuts", "heard", "ip", "saddr", this.address(from), "drop"];
    await run("ip", ["netns", "exec", this.#hostName(to), "nft", ...rule]);
  }

  /** From now on neither side gets anything of the other. */
  async cut(one: readonly number[], other: readonly number[]): Promise<void> {
    for (const a of one) {
      for (const b of other) {
        await this.cutOneWay({ from: a, to: b });
        await this.cutOneWay({ from: b, to: a });
      }
    }
  }

  /** Every host hears every other again. */
  async heal(): Promise<void> {
    await this.#onEach((host) => this.#nft(host, ["flush", "chain", "inet", "cuts", "heard"]));
  }

  /** Removes the hosts; what runs on them must have ended. */
  async dispose(): Promise<void> {
    const names = [this.#hub, ...Array.from({ length: this.#count }, (_, host) => this.#hostName(host))];
    for (const name of names) await run("ip", ["netns", "delete", name]).catch(() => undefined);
    await run("ip", ["link", "delete", this.#ownLink]).catch(() => undefined);
  }

  async #make(): Promise<void> {
    const hub = this.#hub;
    await run("ip", ["netns", "add", hub]);
    await run("ip", ["-n", hub, "link", "add", "bridge", "type", "bridge"]);
    await run("ip", ["-n", hub, "link", "set", "bridge", "up"]);
    await this.#plugIn("us", ["link", "add", this.#ownLink, "type", "veth"]);
    await run("ip", ["address", "add", `${this.#network}.254/24`, "dev", this.#ownLink]);
    await run("ip", ["link", "set", this.#ownLink, "up"]);
    await this.#onEach(async (host) => {
      const name = this.#hostName(host);
      await run("ip", ["netns", "add", name]);
      await this.#plugIn(`host${host}`, ["-n", name, "link", "add", "eth0", "type", "veth"]);
      await run("ip", ["-n", name, "address", "add", `${this.address(host)}/24`, "dev", "eth0"]);
      for (const link of ["lo", "eth0"]) await run("ip", ["-n", name, "link", "set", link, "up"]);
      await this.#nft(host, ["add", "table", "inet", "cuts"]);
      await this.#nft(host, ["add", "chain", "inet", "cuts", "heard", "{ type filter hook input priority 0; }"]);
    });
  }

  /** Makes a pair of links, one end by the command, the other on the bridge. */
  async #plugIn(plug: string, command: readonly string[]): Promise<void> {
    await run("ip", [...command, "peer", "name", plug, "netns", this.#hub]);
    await run("ip", ["-n", this.#hub, "link", "set", plug, "master", "bridge", "up"]);
  }

  #nft(host: number, command: readonly string[]): Promise<unknown> {
    return run("ip", ["netns", "exec", this.#hostName(host), "nft", ...command]);
  }

  async #onEach(act: (host: number) => Promise<unknown>): Promise<void> {
    for (let host = 0; host < this.#count; host++) await act(host);
  }

  get #hub(): string {
    return `${this.#name}-hub`;
  }

  /** The name of our link to the bridge; a link's name has at most 15 characters. */
  get #ownLink(): string {
    return `${this.#name}us`;
  }

  #hostName(host: number): string {
    return `${this.#name}-${host}`;
  }
}
