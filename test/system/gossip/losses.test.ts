import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";

/** Members of ours in real processes, in a network of their own that loses packets. */

const member = fileURLToPath(new URL("member.ts", import.meta.url));
const network = `nomad-loss-${process.pid}`;
const lossPercent = 20;
const seconds = scaled({ merge: 30, release: 600 });
/** What the pace of a datacenter allows for a failure to be seen by all. */
const mostSeconds = 10;

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

/** Why packets cannot be lost here. */
const without: string | false = (() => {
  try {
    ip("netns", "add", network);
    ip("-n", network, "link", "set", "lo", "up");
    lose("-A");
    lose("-D");
    return false;
  } catch (error) {
    spawnSync("ip", ["netns", "del", network]);
    return `network namespaces or iptables cannot be used here (${(error as Error).message.split("\n")[0]})`;
  }
})();

/** Begins, or ends, to lose packets of all kinds. */
function lose(how: "-A" | "-D"): void {
  const rule = ["INPUT", "-m", "statistic", "--mode", "random", "--probability", String(lossPercent / 100)];
  ip("netns", "exec", network, "iptables", "-w", how, ...rule, "-j", "DROP");
}

class Member {
  readonly name: string;
  readonly #child: ChildProcess;
  #said = "";

  constructor(name: string, address: string, join: readonly string[]) {
    this.name = name;
    const command = ["netns", "exec", network, process.execPath, member, name, address, ...join];
    this.#child = spawn("ip", command, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child.stdout?.on("data", (bytes) => {
      this.#said += bytes;
    });
  }

  hasSaid(line: string): boolean {
    return this.#said.split("\n").includes(line);
  }

  get said(): string {
    return this.#said;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

describe("where packets are lost", { skip: without }, () => {
  const members: Member[] = [];
  after(() => {
    for (const each of members) each.signal("SIGKILL");
    ip("netns", "del", network);
  });

  test(`R32: five members that lose ${lossPercent} % for ${seconds} s take nobody for dead, and then see a death within ${mostSeconds} s`, async () => {
    for (const [at, name] of ["a", "b", "c", "d", "e"].entries()) {
      members.push(new Member(name, `127.0.0.1:${5001 + at}`, at === 0 ? [] : ["127.0.0.1:5001"]));
      await eventually(`${name} is up`, () => members[at]?.hasSaid(`join ${name}`) || undefined);
    }
    await eventually(
      "all know each other",
      () => members.every((each) => members.every(({ name }) => each.hasSaid(`join ${name}`))) || undefined,
    );

    lose("-A");
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    for (const { name, said } of members) assert.doesNotMatch(said, /failed|leave/, `${name} has seen:\n${said}`);
    lose("-D");

    const [victim, ...others] = members as [Member, ...Member[]];
    victim.signal("SIGSTOP");
    const stopped = performance.now();
    await eventually(
      "all see it",
      () => others.every((each) => each.hasSaid(`failed ${victim.name}`)) || undefined,
      60,
    );
    const took = (performance.now() - stopped) / 1_000;
    assert.ok(took <= mostSeconds, `it took ${took} s`);
    for (const { name, said } of others) {
      assert.deepEqual(said.match(/failed .*/g), [`failed ${victim.name}`], `${name} has seen no other death`);
    }
    console.log(`a death was seen by all after ${took.toFixed(1)} s`);
  });
});
