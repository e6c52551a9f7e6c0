import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Program, SupervisedProcess, SuperviseOptions } from "../processes.ts";
import { awaitExit } from "./await-exit.ts";
import { ControlGroups, type GroupPaths } from "./control-groups.ts";
import type { ShimReport } from "./exit-record.ts";
import { FifoReader } from "./fifo-reader.ts";
import { closeInheritedDescriptors } from "./inherited-descriptors.ts";
import { identityOf, parseProcessEntry } from "./process-table.ts";
import { markVariable, shimInvocation, supervisionFiles } from "./shim.ts";
import { ShimLine } from "./shim-line.ts";
import { SupervisedTask } from "./supervised-task.ts";
import { entryOfStarted, removeLeavings } from "./unfinished-start.ts";

/** Starts `program` under a shim of its own. Rejects, with nothing left behind, when it cannot be started. */
export async function supervise(
  program: Program,
  directory: string,
  { limits, files = {} }: SuperviseOptions,
): Promise<SupervisedProcess> {
  closeInheritedDescriptors();
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (existsSync(join(directory, supervisionFiles.stdout))) {
    throw new Error(`Cannot supervise a program in "${directory}": another was here before`);
  }
  let groups: ControlGroups | undefined;
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
    groups = ControlGroups.make(limits, (paths) =>
      writeFileSync(join(directory, supervisionFiles.groups), JSON.stringify(paths)),
    );
    return await started(spawnShim(program, directory, groups), directory, groups);
  } catch (error) {
    groups?.remove();
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Brings the shim to start the task. */
async function started(
  shim: ChildProcess,
  directory: string,
  groups: ControlGroups | undefined,
): Promise<SupervisedProcess> {
  const line = new ShimLine(shim, directory);
  await line.next();
  const outputs = openOutputs(directory);
  try {
    line.say("go");
    const identity = identityOf(parseProcessEntry(await line.next()));
    const ended = new Promise<ShimReport>((resolve) => {
      const exited = () => awaitExit(directory, identity, resolve);
      if (shim.exitCode === null && shim.signalCode === null) shim.once("exit", exited);
      else exited();
    });
    const forget = () => shim.removeAllListeners("exit").unref();
    return new SupervisedTask({ directory, identity, groups, ...outputs, ended, forget });
  } catch (error) {
    outputs.stdout.detach();
    outputs.stderr.detach();
    throw error;
  } finally {
    line.close();
  }
}

/**
 * Finds what `supervise` started with this directory, possibly by an agent before this one, which may have been killed
 * at any moment. Undefined when there is nothing: then what was left of a start or of an end is removed.
 */
export async function recover(directory: string): Promise<SupervisedProcess | undefined> {
  const entry = await entryOfStarted(directory);
  if (entry === undefined) {
    await removeLeavings(directory);
    return undefined;
  }
  const outputs = openOutputs(directory);
  const identity = identityOf(parseProcessEntry(entry));
  const groupPaths = await readIfThere(join(directory, supervisionFiles.groups));
  let forget = () => {};
  const ended = new Promise<ShimReport>((resolve) => {
    forget = awaitExit(directory, identity, resolve);
  });
  const groups = groupPaths === "" ? undefined : new ControlGroups(JSON.parse(groupPaths) as GroupPaths);
  return new SupervisedTask({ directory, identity, groups, ...outputs, ended, forget });
}

function openOutputs(directory: string): { stdout: FifoReader; stderr: FifoReader } {
  return {
    stdout: new FifoReader(join(directory, supervisionFiles.stdout)),
    stderr: new FifoReader(join(directory, supervisionFiles.stderr)),
  };
}

function spawnShim(program: Program, directory: string, groups: ControlGroups | undefined): ChildProcess {
  const marked = { ...program, env: { ...program.env, [markVariable]: directory } };
  const { command, args, env } = shimInvocation(groups ? program : marked, directory, groups?.joinedBy() ?? []);
  const complaints = openSync(join(directory, supervisionFiles.complaints), "a", 0o600);
  try {
    return spawn(command, args, {
      env,
      cwd: program.workingDirectory,
      detached: true,
      stdio: ["ignore", "ignore", complaints, "pipe"],
    });
  } finally {
    closeSync(complaints);
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
