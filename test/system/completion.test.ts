import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { DevAgent, eventually, nomadProgram } from "./support/nomad.ts";

/** The tab key in real shells, which have been told of the completion by `nomad -autocomplete-install`. */
const shells = ["bash", "zsh", "fish"] as const;

/** Nothing of it runs. */
const greeter = `job "greeter-of-all" {
  datacenters = ["dc1"]
  constraint {
    attribute = "\${attr.kernel.name}"
    value = "none such"
  }
  group "front" {
    task "server" {
      driver = "raw_exec"
      config { command = "/bin/true" }
      resources {
        cpu = 20
        memory = 10
      }
    }
  }
}
`;

let agent: DevAgent;
let home: string;

before(async () => {
  agent = await DevAgent.start();
  const file = await agent.jobFile("greeter.nomad", greeter);
  assert.partialDeepStrictEqual(await agent.run(["run", "-detach", file]), { code: 0, stderr: "" });
  home = await mkdtemp(join(tmpdir(), "nomad-home-"));
  await mkdir(join(home, ".config", "fish"), { recursive: true });
  // Where there is no such directory, fish makes completions of all manual pages, and goes on with that after its end.
  await mkdir(join(home, ".local/share/fish/generated_completions"), { recursive: true });
  await writeFile(join(home, ".bashrc"), "# mine\n");
  await writeFile(join(home, ".zshrc"), "# mine\n");
  install("-autocomplete-install");
});

after(async () => {
  await agent.end();
  await agent.dispose();
  await rm(home, { recursive: true, force: true });
});

function install(flag: string): string {
  return execFileSync(nomadProgram, [flag], { env: { ...process.env, HOME: home }, encoding: "utf8" });
}

for (const shell of shells) {
  const skip = isThere(shell) && isThere("script") ? false : `there is no ${shell} here, or no "script" for a terminal`;

  test(`${shell} completes commands, and IDs that the servers know`, { skip }, async () => {
    const terminal = new Terminal(shell);
    try {
      await terminal.types("nomad versi\t\r", /Nomad v0\.4\.1/);
      await terminal.types("nomad job insp\t-t '{{.Type}}!' greet\t\r", /service!/);
      await terminal.types("nomad status -sho\tgreet\t\r", /ID +=? *greeter-of-all/);
    } finally {
      await terminal.close();
    }
  });
}

test("what was installed is taken back", async () => {
  assert.match(install("-autocomplete-uninstall"), /^bash: removed .*\nzsh: removed .*\nfish: removed .*\n$/);
  for (const file of [".bashrc", ".zshrc"]) assert.equal(await readFile(join(home, file), "utf8"), "# mine\n");
  await assert.rejects(readFile(join(home, ".config/fish/completions/nomad.fish")), { code: "ENOENT" });
});

function isThere(program: string): boolean {
  try {
    execFileSync("/bin/sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A shell that believes that a person types. */
class Terminal {
  readonly #child: ChildProcess;
  #seen = "";

  constructor(shell: string) {
    const env = {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: join(home, ".config"),
      TERM: "dumb",
      NOMAD_ADDR: agent.address,
      PATH: `${dirname(nomadProgram)}:${process.env.PATH}`,
    };
    this.#child = spawn("script", ["-qec", `${shell} -i`, "/dev/null"], { env, cwd: home, detached: true });
    this.#child.stdout?.on("data", (text) => {
      this.#seen += text;
    });
  }

  /** Types until the answer is seen: a shell that is still starting passes over some of it. */
  async types(keys: string, answer: RegExp): Promise<void> {
    this.#seen = "";
    const attempt = async () => {
      // Ctrl-U: what was typed before is gone.
      this.#child.stdin?.write(`\x15${keys}`);
      return eventually("the answer", () => answer.test(this.#seen) || undefined, 3).catch(() => undefined);
    };
    await eventually(`${JSON.stringify(keys)} is answered`, attempt, 40).catch((error: Error) => {
      throw new Error(`${error.message}; seen: ${JSON.stringify(this.#seen.slice(-2000))}`, { cause: error });
    });
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    // The shell and what it runs are of the group that "script" leads, or end with their terminal.
    process.kill(-this.#child.pid!, "SIGKILL");
    await exited;
  }
}
