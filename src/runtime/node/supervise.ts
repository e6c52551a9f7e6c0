import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Program, SupervisedProcess, SuperviseOptions } from "../processes.ts";
import { awaitExit } from "./await-exit.ts";
import { ControlGroups, type GroupPaths } from "./control-groups.ts";
import { complaints, type ShimReport } from "./exit-record.ts";
import { FifoReader } from "./fifo-reader.ts";
import { identityOf, type ProcessEntry, parseProcessEntry } from "./process-table.ts";
import { markVariable, shimCall, supervisionFiles } from "./shim.ts";
import { currentStarter, type Starter } from "./starter.ts";
import { SupervisedTask } from "./supervised-task.ts";
import { entryOfStarted, removeLeavings, removeRun } from "./unfinished-start.ts";

/**
 * Makes the directory of a run and its FIFOs, ahead of `supervise`. Never rejects: what could not be made is tried again there, where
 * it can be told.
 */
export async function makeReady(directory: string): Promise<void> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    await fifosMade(currentStarter(), directory);
  } catch {
    // Whoever supervises learns of it.
  }
}

/** Starts `program` under a shim of its own. Rejects, with nothing left behind, when it cannot be started. */
export async function supervise(
  program: Program,
  directory: string,
  { limits, files = {} }: SuperviseOptions,
): Promise<SupervisedProcess> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (existsSync(join(directory, supervisionFiles.task))) {
    throw new Error(`Cannot supervise a program in "${directory}": another was here before`);
  }
  let groups: ControlGroups | undefined;
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
    groups = ControlGroups.make(limits, (paths) =>
      writeFileSync(join(directory, supervisionFiles.groups), JSON.stringify(paths)),
    );
    return await started(program, directory, groups);
  } catch (error) {
    groups?.remove();
    await removeRun(directory);
    throw error;
  }
}

/** All else is among the complaints. */
const unsaid = "its supervision directory cannot be written to";

/** Opens the task's FIFOs and brings a shim to start it. */
async function started(
  program: Program,
  directory: string,
  groups: ControlGroups | undefined,
): Promise<SupervisedProcess> {
  const starter = currentStarter();
  await fifosMade(starter, directory);
  if (starter.isGone) throw new Error(`Cannot start a program: ${starter.failure}`);
  const outputs = openOutputs(directory);
  try {
    const marked = { ...program, env: { ...program.env, [markVariable]: directory } };
    const joined = groups?.joinedBy() ?? [];
    const said = await starter.start({
      directory,
      workingDirectory: program.workingDirectory,
      shim: (number) => shimCall(groups ? program : marked, { directory, number, joined }),
    });
    const entry = said ?? (await certainEntry(directory)) ?? "";
    if (entry === "") throw new Error(`Cannot start a program: ${complaints(directory) || starter.failure || unsaid}`);
    const task = attended(directory, parseProcessEntry(entry), groups, outputs);
    void task.exited.then(() => starter.reap(parseProcessEntry(entry).parent));
    return task;
  } catch (error) {
    outputs.stdout.detach();
    outputs.stderr.detach();
    throw error;
  }
}

/** The second of them is made last. */
async function fifosMade(starter: Starter, directory: string): Promise<void> {
  if (!existsSync(join(directory, supervisionFiles.stderr))) await starter.makeFifos(directory);
}

/** The entry of a task of which nobody has said whether it was started. As long as that is not certain there is no other. */
async function certainEntry(directory: string): Promise<string | undefined> {
  for (;;) {
    try {
      return await entryOfStarted(directory);
    } catch {
      // Its shim does not even end when it is killed: `entryOfStarted` has looked for some seconds.
    }
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
  const groupPaths = await readIfThere(join(directory, supervisionFiles.groups));
  const groups = groupPaths === "" ? undefined : new ControlGroups(JSON.parse(groupPaths) as GroupPaths);
  return attended(directory, parseProcessEntry(entry), groups, outputs);
}

/** A task that was started, and whose end is awaited. */
function attended(
  directory: string,
  entry: ProcessEntry,
  groups: ControlGroups | undefined,
  outputs: { readonly stdout: FifoReader; readonly stderr: FifoReader },
): SupervisedTask {
  const identity = identityOf(entry);
  let forget = () => {};
  const ended = new Promise<ShimReport>((resolve) => {
    forget = awaitExit(directory, identity, resolve);
  });
  return new SupervisedTask({ directory, identity, groups, ...outputs, ended, forget });
}

function openOutputs(directory: string): { stdout: FifoReader; stderr: FifoReader } {
  return {
    stdout: new FifoReader(join(directory, supervisionFiles.stdout)),
    stderr: new FifoReader(join(directory, supervisionFiles.stderr)),
  };
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
