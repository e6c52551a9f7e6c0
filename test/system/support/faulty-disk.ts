import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DiskJournal, readJournals } from "./disk-journal.ts";
import { CONTROL_BYTES, DiskTrouble } from "./disk-trouble.ts";
import { cutPower, type Loss } from "./power-cut.ts";

const source = new URL("./shim/faulty-disk.c", import.meta.url);

/** Why there is no faulty disk on this machine; false where there is. */
export const lacksFaultyDisk = canCompile() ? false : "gcc is missing: the shim that breaks disks cannot be built";

/**
 * A directory whose disk can fail and lose power, for processes that are started with `environment`: `root` is where they
 * may keep things, `trouble` says what is to fail.
 */
export class FaultyDisk {
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly trouble: DiskTrouble;
  readonly #directory: string;
  readonly #journals: string;

  constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), "faulty-disk-"));
    this.root = join(this.#directory, "root");
    this.#journals = join(this.#directory, "journals");
    mkdirSync(this.root);
    mkdirSync(this.#journals);
    const control = join(this.#directory, "control");
    writeFileSync(control, Buffer.alloc(CONTROL_BYTES));
    this.trouble = new DiskTrouble(control);
    this.environment = {
      LD_PRELOAD: compiledShim(),
      SHIM_ROOT: this.root,
      SHIM_JOURNAL: this.#journals,
      SHIM_CONTROL: control,
    };
  }

  /** What each process has done to the disk since it was made, or since the last cut. */
  journals(): readonly DiskJournal[] {
    return readJournals(this.#journals);
  }

  /** The process that used it has ended: what it had not synced is lost, but for what the loss leaves. */
  cutPower(loss: Loss): void {
    const journals = this.journals();
    if (journals.length > 1) throw new Error("One process at a time uses a disk between two cuts of its power");
    for (const journal of journals) cutPower([this.root, this.#journals], journal, loss);
    this.forget();
  }

  /** What was done so far is durable from now on. */
  forget(): void {
    for (const name of readdirSync(this.#journals)) rmSync(join(this.#journals, name));
  }

  dispose(): void {
    this.trouble.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function canCompile(): boolean {
  if (process.platform !== "linux") return false;
  try {
    execFileSync("gcc", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Compiled once for each version of its source; kept beside other temporary files. */
function compiledShim(): string {
  const text = readFileSync(source);
  const library = join(tmpdir(), `faulty-disk-${createHash("sha256").update(text).digest("hex").slice(0, 16)}.so`);
  if (existsSync(library)) return library;
  const unfinished = `${library}.${process.pid}`;
  const options = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", unfinished];
  execFileSync("gcc", [...options, source.pathname, "-ldl", "-lpthread"], { stdio: ["ignore", "ignore", "inherit"] });
  renameSync(unfinished, library);
  return library;
}
