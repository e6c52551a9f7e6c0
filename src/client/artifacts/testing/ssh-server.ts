import type { PipedProgram, Runtime } from "../../../runtime/index.ts";

const sshd = "/usr/sbin/sshd";
/** Where sshd insists on finding an empty directory when it is root. */
const emptyDirectory = "/run/sshd";
const never = new AbortController().signal;

/** Why repositories cannot be served by ssh here; false when they can. */
export async function missingForSsh({ disk, processes }: Runtime): Promise<string | false> {
  if (processes.effectiveUserID !== 0) return "sshd needs root";
  for (const path of [sshd, "/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/git", "/usr/bin/hg"]) {
    const isThere = await disk.status(path).then(
      () => true,
      () => false,
    );
    if (!isThere) return `Debian's openssh-server, openssh-client, git and mercurial are needed: there is no ${path}`;
  }
  return false;
}

/** An sshd on the loopback that lets this user in with one key. */
export class SshServer {
  readonly home: string;
  readonly user = "root";
  readonly port: number;
  /** The private key that is let in, and one that is not, in base64. */
  readonly key: string;
  readonly otherKey: string;
  readonly #runtime: Runtime;
  readonly #stop: AbortController;
  readonly #ended: Promise<unknown>;

  private constructor(
    runtime: Runtime,
    home: string,
    parts: { port: number; key: string; otherKey: string; stop: AbortController; ended: Promise<unknown> },
  ) {
    this.#runtime = runtime;
    this.home = home;
    this.port = parts.port;
    this.key = parts.key;
    this.otherKey = parts.otherKey;
    this.#stop = parts.stop;
    this.#ended = parts.ended;
  }

  static async start(runtime: Runtime): Promise<SshServer> {
    const { disk } = runtime;
    const home = await disk.makeTemporaryDirectory("ssh-test-");
    for (const name of ["host", "other-host", "client", "other"]) await makeKey(runtime, `${home}/${name}`);
    await disk.makeDirectory(emptyDirectory);
    const port = await freePort(runtime);
    const settings = [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${home}/host`,
      `AuthorizedKeysFile ${home}/client.pub`,
      ...["StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin prohibit-password"],
      "PidFile none",
    ];
    await disk.writeAtomically(`${home}/sshd_config`, Buffer.from(`${settings.join("\n")}\n`));
    const stop = new AbortController();
    const args = ["-D", "-e", "-f", `${home}/sshd_config`];
    const server = runtime.processes.pipe(
      { command: "/bin/sh", args: ["-c", 'exec "$0" "$@" 2>&1', sshd, ...args], env: {}, workingDirectory: "/" },
      { signal: stop.signal },
    );
    const ended = server.ended.catch(() => undefined);
    await listening(server);
    const [key, otherKey] = await Promise.all(
      ["client", "other"].map(async (name) => Buffer.from(await disk.read(`${home}/${name}`)).toString("base64")),
    );
    return new SshServer(runtime, home, { port, key: key as string, otherKey: otherKey as string, stop, ended });
  }

  /** A file of known hosts that knows this server by a key that is its own or another's. */
  async knownHosts(whose: "its own" | "another"): Promise<string> {
    const file = whose === "another" ? "other-host.pub" : "host.pub";
    const key = Buffer.from(await this.#runtime.disk.read(`${this.home}/${file}`)).toString();
    const path = `${this.home}/known-hosts`;
    await this.#runtime.disk.writeAtomically(path, Buffer.from(`[127.0.0.1]:${this.port} ${key}`), 0o644);
    return path;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await this.#runtime.disk.removeTree(this.home);
  }
}

/** Whatever else it says is read, so that it does not wait. */
async function listening({ output }: PipedProgram): Promise<void> {
  let said = "";
  const isUp = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const chunk of output) {
      said += Buffer.from(chunk).toString();
      if (said.includes("Server listening")) isUp.resolve();
    }
  })().catch(() => undefined);
  await Promise.race([isUp.promise, reading.then(() => Promise.reject(new Error(`sshd has ended: ${said}`)))]);
}

async function makeKey(runtime: Runtime, path: string): Promise<void> {
  const program = {
    command: "/usr/bin/ssh-keygen",
    args: ["-q", "-t", "ed25519", "-N", "", "-f", path],
    env: {},
    workingDirectory: "/",
  };
  const { exitCode, stderr } = await runtime.processes.run(program, { signal: never });
  if (exitCode !== 0) throw new Error(stderr);
}

async function freePort({ network }: Runtime): Promise<number> {
  const listener = await network.listen("127.0.0.1:0", () => {});
  await listener.close();
  return Number(listener.address.split(":").at(-1));
}
