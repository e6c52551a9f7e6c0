import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { logInto } from "../log.ts";
import { facilityNumber, Syslog } from "../syslog.ts";
import { NodeClock } from "./node-clock.ts";
import { NodeProcesses } from "./node-processes.ts";

const hasPrograms = spawnSync("logger", ["--version"]).status === 0 && spawnSync("perl", ["-v"]).status === 0;
const options = { skip: !hasPrograms && "needs logger (bsdutils) and perl", timeout: 30_000 };

/** Node has no datagram sockets of Unix. */
const listening = `use Socket; $| = 1; unlink $ARGV[0];
  socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; bind($s, sockaddr_un($ARGV[0])) or die; print "listening\\n";
  while (defined recv($s, my $m, 65536, 0)) { print "$m\\n" }`;

/** A syslog daemon that prints what it is sent. */
class Daemon {
  readonly #child: ChildProcess;
  #said = "";
  #heard: () => void = () => {};

  constructor(socket: string) {
    this.#child = spawn("perl", ["-e", listening, socket], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child.stdout?.on("data", (chunk) => {
      this.#said += chunk;
      this.#heard();
    });
  }

  async hears(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#said)) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    return this.#said;
  }

  /** Until it has ended, its socket takes what nobody will read. */
  async end(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

/** A place for the socket, a writer, and what it complains of. */
function world() {
  const directory = mkdtempSync(join(tmpdir(), "nomad-syslog-"));
  const socket = join(directory, "log");
  const complaints: string[] = [];
  let complained = () => {};
  const log = logInto(({ phrase, fields }) => {
    complaints.push(`${phrase}: ${fields.reason}`);
    complained();
  });
  const complaint = async (number: number): Promise<string> => {
    while (complaints.length < number) {
      await new Promise<void>((resolve) => {
        complained = resolve;
      });
    }
    return complaints[number - 1]!;
  };
  const syslog = new Syslog({ processes: new NodeProcesses(), clock: new NodeClock(), log }, { facility: 16, socket });
  return { socket, syslog, complaints, complaint, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test("records reach syslog with facility, severity and tag, one line each", options, async () => {
  using made = world();
  const daemon = new Daemon(made.socket);
  await daemon.hears(/listening/);
  const over = new AbortController();
  const running = made.syslog.run(over.signal);
  made.syslog.write("INFO", "agent: two\n  lines");
  made.syslog.write("ERR", "agent: <13>not a prefix");
  const said = await daemon.hears(/not a prefix/);
  assert.match(said, /^<133>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d .*nomad: agent: two lines$/m);
  assert.match(said, /^<131>.*nomad: agent: <13>not a prefix$/m);
  made.syslog.write("WARN", "agent: the last");
  over.abort();
  await running;
  await daemon.hears(/^<132>.*the last$/m);
  await daemon.end();
  assert.deepEqual(made.complaints, []);
});

test("a logger that dies is started again, and what came meanwhile is not lost", options, async () => {
  using made = world();
  const over = new AbortController();
  const running = made.syslog.run(over.signal);
  assert.match(await made.complaint(1), /^syslog cannot be written to, trying on: logger: socket .*No such file/);
  const daemon = new Daemon(made.socket);
  await daemon.hears(/listening/);
  made.syslog.write("INFO", "agent: at last");
  await daemon.hears(/at last/);
  await daemon.end();
  rmSync(made.socket);
  made.syslog.write("INFO", "agent: lost");
  await made.complaint(2);
  const next = new Daemon(made.socket);
  await next.hears(/listening/);
  made.syslog.write("INFO", "agent: again");
  await next.hears(/again/);
  over.abort();
  await running;
  await next.end();
});

test("facilities have the names that 0.4.1 knows", () => {
  assert.deepEqual(["local0", "LOCAL7", "DAEMON", "KERN", "FOO", "-", ""].map(facilityNumber), [
    16,
    23,
    3,
    0,
    undefined,
    undefined,
    undefined,
  ]);
});
