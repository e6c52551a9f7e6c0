import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually, freePorts } from "./nomad.ts";

const run = promisify(execFile);
const program = "/usr/bin/docker-registry";

/** Who may push and pull where a registry asks. */
export const registryUser = { username: "job", password: "s3cret" };
/** The password above as the registry wants it, hashed with bcrypt. */
const htpasswd = `${registryUser.username}:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n`;

/** Why no registry can be started here; undefined when one can. */
export function noRegistry(): string | undefined {
  try {
    accessSync(program, constants.X_OK);
    return undefined;
  } catch (error) {
    return `Debian's docker-registry is needed: ${(error as Error).message}`;
  }
}

/** A registry of images on this machine, of a test's own. Engines ask one at such an address without TLS. */
export class TestRegistry {
  /** As it stands in front of the names of images. */
  readonly address: string;
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(address: string, directory: string, process: ChildProcess) {
    this.address = address;
    this.#directory = directory;
    this.#process = process;
  }

  /** `asks` for a name and a password, or lets everybody push and pull. */
  static async start({ asks }: { readonly asks: boolean }): Promise<TestRegistry> {
    const directory = await mkdtemp(join(tmpdir(), "nomad-registry-"));
    const at = (name: string) => join(directory, name);
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const settings = {
      version: "0.1",
      storage: { filesystem: { rootdirectory: at("images") } },
      http: { addr: address },
      ...(asks && { auth: { htpasswd: { realm: "test", path: at("htpasswd") } } }),
    };
    await writeFile(at("htpasswd"), htpasswd);
    // JSON is YAML.
    await writeFile(at("config.yml"), JSON.stringify(settings));
    const child = spawn(program, ["serve", at("config.yml")], { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(at("registry.log"));
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    await eventually(`a registry answers at ${address}`, async () => {
      if (child.exitCode !== null) throw new Error(`the registry ended: ${await readFile(at("registry.log"), "utf8")}`);
      return fetch(`http://${address}/v2/`).then(
        ({ status }) => [200, 401].includes(status) || undefined,
        () => undefined,
      );
    });
    return new TestRegistry(address, directory, child);
  }

  /** Puts an image of the engine at `socket` here, takes its new name from the engine again, and gives its digest. */
  async hold(image: string, name: string, socket: string): Promise<string> {
    const docker = (...args: string[]) =>
      run("docker", ["--config", this.#directory, "--host", `unix://${socket}`, ...args]);
    const { username, password } = registryUser;
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    await writeFile(join(this.#directory, "config.json"), JSON.stringify({ auths: { [this.address]: { auth } } }));
    await docker("tag", image, name);
    const { stdout } = await docker("push", name);
    await docker("rmi", name);
    const [digest] = /sha256:[0-9a-f]{64}/.exec(stdout) ?? [];
    if (digest === undefined) throw new Error(`no digest in: ${stdout}`);
    return digest;
  }

  async dispose(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}
