import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { eventually } from "./nomad.ts";

const run = promisify(execFile);
const dockerd = "/usr/sbin/dockerd";

/** Why no engine can be started here; undefined when one can. */
export function noEngine(): string | undefined {
  if (process.geteuid?.() !== 0) return "dockerd needs root";
  try {
    accessSync(dockerd, constants.X_OK);
    accessSync("/bin/busybox", constants.X_OK);
    return undefined;
  } catch (error) {
    return `Debian's docker.io and busybox-static are needed: ${(error as Error).message}`;
  }
}

/**
 * An engine of a test's own, with a bridge of its own beside that of any other, whose containers live on while it is
 * away. Its ports are passed on by Docker's proxy, without a change to the machine's packet filter.
 */
export class TestEngine {
  readonly socket: string;
  readonly #directory: string;
  readonly #bridge: string;
  readonly #more: readonly string[];
  #daemon: ChildProcess | undefined;

  private constructor(directory: string, bridge: string, more: readonly string[]) {
    this.#more = more;
    this.#directory = directory;
    this.#bridge = bridge;
    this.socket = join(directory, "docker.sock");
  }

  /** `more` are flags of the daemon. */
  static async start(more: readonly string[] = []): Promise<TestEngine> {
    const bridge = `nmd${process.pid}`;
    const engine = new TestEngine(await mkdtemp(join(tmpdir(), "nomad-docker-")), bridge, more);
    await run("ip", ["link", "add", bridge, "type", "bridge"]);
    await run("ip", ["addr", "add", `172.30.${process.pid % 250}.1/24`, "dev", bridge]);
    await run("ip", ["link", "set", bridge, "up"]);
    await engine.begin();
    return engine;
  }

  /** Starts the daemon, again after `end`. */
  async begin(): Promise<void> {
    const at = (name: string) => join(this.#directory, name);
    const files = ["--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("dockerd.pid")];
    const network = ["--bridge", this.#bridge, "--iptables=false", "--ip-forward=false"];
    const flags = ["--host", `unix://${this.socket}`, ...files, ...network, "--live-restore", ...this.#more];
    const daemon = spawn(dockerd, flags, { stdio: ["ignore", "ignore", "pipe"] });
    daemon.stderr?.pipe(createWriteStream(at("dockerd.log"), { flags: "a" }));
    this.#daemon = daemon;
    await eventually(`an engine answers at ${this.socket}`, async () => {
      if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}: see ${at("dockerd.log")}`);
      return (await this.ask("GET", "/version").catch(() => undefined)) === undefined ? undefined : true;
    });
  }

  /** Ends the daemon; its containers run on. */
  async end(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.kill("SIGTERM");
    await once(daemon, "exit");
  }

  /** An answer's text. Rejects when the engine refuses. */
  async ask(method: string, path: string): Promise<string> {
    const outgoing = request({ socketPath: this.socket, method, path }).end();
    const [answer] = await once(outgoing, "response");
    const said = await text(answer);
    if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${said}`);
    return said;
  }

  /** Names of all containers, running or not. */
  async containers(): Promise<readonly string[]> {
    const found = JSON.parse(await this.ask("GET", "/containers/json?all=true")) as { readonly Names: string[] }[];
    return found.map(({ Names }) => Names[0]?.slice(1) ?? "").sort();
  }

  // biome-ignore lint/suspicious/noExplicitAny: the shapes of answers are what tests look into
  async inspect(container: string): Promise<any> {
    return JSON.parse(await this.ask("GET", `/containers/${container}/json`));
  }

  /** Removes containers, ends the daemon, and removes all that it kept. */
  async dispose(): Promise<void> {
    for (const name of await this.containers().catch(() => [])) {
      await this.ask("DELETE", `/containers/${name}?force=true&v=true`).catch(() => undefined);
    }
    await this.end();
    await run("ip", ["link", "delete", this.#bridge]).catch(() => undefined);
    // What the daemon keeps mounted, for a moment longer than it lives.
    await run("umount", ["--recursive", join(this.#directory, "data")]).catch(() => undefined);
    await eventually("the engine's files can be removed", () =>
      rm(this.#directory, { recursive: true, force: true }).then(
        () => true,
        () => undefined,
      ),
    );
  }
}
