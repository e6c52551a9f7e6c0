import { dirname, join } from "node:path";
import * as z from "zod";
import { seconds } from "../base/index.ts";
import type { Disk, Runtime } from "../runtime/index.ts";
import { passableList, passableText } from "./config-schema.ts";
import type { Driver, DriverCapabilities, Fingerprint, RunningTask, TaskConfig, TaskHandle } from "./driver.ts";
import type { ShownPath } from "./host-view.ts";
import { Isolation, isolatedCapabilities } from "./isolation.ts";
import { type Finding, lookingAgain } from "./looking-again.ts";
import { foundAt, ProgramVersion } from "./program-version.ts";
import { type DriverSettings, defaultDriverSettings } from "./settings.ts";

const lookEvery = seconds(30);

const javaConfig = z.object({
  jar_path: passableText("jar_path"),
  jvm_options: passableList("jvm_options"),
  args: passableList("args"),
});
type JavaConfig = z.infer<typeof javaConfig>;

/** Runs a jar by the host's Java, isolated like a task of `exec`. */
export class JavaDriver implements Driver<JavaConfig> {
  readonly name = "java";
  readonly config = javaConfig;
  readonly capabilities: DriverCapabilities = { ...isolatedCapabilities, fingerprintEvery: lookEvery };
  readonly #runtime: Runtime;
  readonly #isolation: Isolation;
  readonly #version: ProgramVersion;

  constructor(runtime: Runtime, settings: DriverSettings = defaultDriverSettings) {
    this.#runtime = runtime;
    this.#isolation = new Isolation(runtime, this.name, settings);
    this.#version = new ProgramVersion(runtime, "java", ["-version"]);
  }

  fingerprint(_options: Readonly<Record<string, string>>, signal: AbortSignal): AsyncGenerator<Fingerprint> {
    return lookingAgain(this.#runtime, { name: this.name, every: lookEvery, look: () => this.#look() }, signal);
  }

  start(task: TaskConfig<JavaConfig>): Promise<RunningTask> {
    return this.#isolation.start(task, async () => {
      const { jar_path, jvm_options, args } = task.config;
      const java = await foundAt(this.#version);
      return {
        args: [java, ...jvm_options, "-jar", jar_path, ...args],
        alsoShown: await shownForJava(this.#runtime.disk, java),
      };
    });
  }

  recover(handle: TaskHandle): Promise<RunningTask | undefined> {
    return this.#isolation.recover(handle);
  }

  async #look(): Promise<Finding> {
    const obstacle = await this.#isolation.obstacle();
    if (obstacle !== undefined) return { obstacle };
    const words = await this.#version.words();
    if ("obstacle" in words) return words;
    const attributes = javaAttributes(words.text);
    return attributes === undefined ? { obstacle: `"${words.path}" does not tell its version` } : { attributes };
  }
}

/** What `java -version` says, in three lines: the version in quotes, the runtime, the virtual machine. */
export function javaAttributes(text: string): Readonly<Record<string, string>> | undefined {
  const lines = text.split("\n").map((line) => line.trim());
  // What comes before is talk about options in the environment.
  const first = lines.findIndex((line) => / version "/.test(line));
  const version = /version "([^"]+)"/.exec(lines[first] ?? "")?.[1];
  if (version === undefined) return undefined;
  return {
    "driver.java.version": version,
    "driver.java.runtime": lines[first + 1] ?? "",
    "driver.java.vm": lines[first + 2] ?? "",
  };
}

/** Java's own directory, wherever that is, and its configuration, which Debian keeps in `/etc`. */
async function shownForJava(disk: Disk, java: string): Promise<readonly ShownPath[]> {
  const configuration = (await disk.list("/etc")).filter(({ name }) => name.startsWith("java-"));
  const paths = [dirname(dirname(java)), ...configuration.map(({ name }) => join("/etc", name))];
  return paths.map((path) => ({ source: path, destination: path }));
}
