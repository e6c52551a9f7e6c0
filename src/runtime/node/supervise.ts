import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Program, ResourceLimits, SupervisedProcess } from "../processes.ts";
import { awaitExit } from "./await-exit.ts";
import { ControlGroups, type GroupPaths } from "./control-groups.ts";
import { complaints, type ShimReport } from "./exit-record.ts";
import { FifoReader, openFifoForTask } from "./fifo-reader.ts";
import { closeInheritedDescriptors } from "./inherited-descriptors.ts";
import { identityOf, parseProcessEntry } from "./process-table.ts";
import { runProgram } from "./run-program.ts";
import { shimInvocation, supervisionFiles } from "./shim.ts";
import { SupervisedTask } from "./supervised-task.ts";

/** Starts `program` under a shim of its own. Rejects, with nothing left behind, when it cannot be started. */
export async function supervise(
  program: Program,
  directory: string,
  limits: ResourceLimits | undefined,
): Promise<SupervisedProcess> {
  closeInheritedDescriptors();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await makeFifos(directory);
  const outputs = openOutputs(directory);
  let groups: ControlGroups | undefined;
  try {
    groups = ControlGroups.make(limits);
    if (groups !== undefined) await writeFile(join(directory, supervisionFiles.groups), JSON.stringify(groups.paths));
    const shim = spawnShim(program, directory, groups);
    const shimEnded = new Promise<void>((resolve) => shim.once("exit", () => resolve()));
    const identity = await reportedIdentity(shim, directory);
    const ended = shimEnded.then(
      () => new Promise<ShimReport>((resolve) => void awaitExit(directory, identity, resolve)),
    );
    return new SupervisedTask({ directory, identity, groups, ...outputs, ended, forget: () => shim.unref() });
  } catch (error) {
    outputs.stdout.detach();
    outputs.stderr.detach();
    groups?.remove();
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Finds what `supervise` started with this directory, possibly by an agent before this one. */
export async function recover(directory: string): Promise<SupervisedProcess | undefined> {
  const entry = await readIfThere(join(directory, supervisionFiles.task));
  if (!entry.endsWith("\n")) return undefined;
  const identity = identityOf(parseProcessEntry(entry));
  const groupPaths = await readIfThere(join(directory, supervisionFiles.groups));
  let forget = () => {};
  const ended = new Promise<ShimReport>((resolve) => {
    forget = awaitExit(directory, identity, resolve);
  });
  const groups = groupPaths === "" ? undefined : new ControlGroups(JSON.parse(groupPaths) as GroupPaths);
  return new SupervisedTask({ directory, identity, groups, ...openOutputs(directory), ended, forget });
}

/** There is no call for it in the runtime, so the system's tool makes them. Fails where a program had its place. */
async function makeFifos(directory: string): Promise<void> {
  const paths = [join(directory, supervisionFiles.stdout), join(directory, supervisionFiles.stderr)];
  const made = await runProgram({
    command: "/usr/bin/mkfifo",
    args: ["-m", "600", "--", ...paths],
    env: {},
    workingDirectory: "/",
  });
  if (made.exitCode !== 0) throw new Error(`Cannot supervise a program in "${directory}": ${made.stderr.trim()}`);
}

function openOutputs(directory: string): { stdout: FifoReader; stderr: FifoReader } {
  return {
    stdout: new FifoReader(join(directory, supervisionFiles.stdout)),
    stderr: new FifoReader(join(directory, supervisionFiles.stderr)),
  };
}

function spawnShim(program: Program, directory: string, groups: ControlGroups | undefined): ChildProcess {
  const { command, args, env } = shimInvocation(program, directory, groups?.joinedBy() ?? []);
  const stdout = openFifoForTask(join(directory, supervisionFiles.stdout));
  const stderr = openFifoForTask(join(directory, supervisionFiles.stderr));
  const ownWords = openSync(join(directory, supervisionFiles.complaints), "a", 0o600);
  try {
    return spawn(command, args, {
      env,
      cwd: program.workingDirectory,
      detached: true,
      stdio: ["ignore", stdout, ownWords, stderr, "pipe"],
    });
  } finally {
    for (const fd of [stdout, stderr, ownWords]) closeSync(fd);
  }
}

/** Waits until the shim says which process the task is. */
async function reportedIdentity(shim: ChildProcess, directory: string): Promise<string> {
  // Without a single free descriptor there is no pipe either, only the error that follows.
  const report = shim.stdio?.[4] as Socket | undefined;
  try {
    const entry = await new Promise<string>((resolve, reject) => {
      let said = "";
      shim.once("error", (cause) => reject(new Error(`Cannot start a program: ${cause.message}`, { cause })));
      report?.setEncoding("latin1").on("data", (chunk: string) => {
        said += chunk;
        if (said.endsWith("\n")) resolve(said);
      });
      // After the last of the data, so that a task of a moment is not taken for one that did not start.
      report?.once("end", () => reject(new Error(`Cannot start a program: ${complaints(directory)}`)));
    });
    return identityOf(parseProcessEntry(entry));
  } finally {
    report?.destroy();
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
