import { type Dictionary, dictionary } from "../../base/index.ts";
import type {
  PipedProgram,
  Processes,
  ProcessTree,
  Program,
  RunResult,
  SupervisedProcess,
  SuperviseOptions,
} from "../processes.ts";
import { limitsUnavailable } from "./control-groups.ts";
import { pipeProgram } from "./pipe-program.ts";
import { NodeProcessTree } from "./process-tree.ts";
import { runProgram } from "./run-program.ts";
import { currentStarter } from "./starter.ts";
import { makeReady, recover, supervise } from "./supervise.ts";
import { UserList } from "./user-list.ts";

const users = new UserList("/etc/passwd");

/** The programs of a Linux machine. */
export class NodeProcesses implements Processes {
  readonly effectiveUserID: number;
  readonly environment: Readonly<Dictionary<string>>;

  constructor() {
    this.effectiveUserID = process.geteuid?.() ?? 0;
    this.environment = dictionary(
      Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    );
  }

  run(program: Program, options: { readonly signal: AbortSignal; readonly input?: Uint8Array }): Promise<RunResult> {
    return runProgram(program, options);
  }

  pipe(
    program: Program,
    options: { readonly signal: AbortSignal; readonly input?: AsyncIterable<Uint8Array> },
  ): PipedProgram {
    return pipeProgram(program, options);
  }

  expectPrograms(): void {
    currentStarter();
  }

  makeReady(directory: string): Promise<void> {
    return makeReady(directory);
  }

  supervise(program: Program, directory: string, options: SuperviseOptions = {}): Promise<SupervisedProcess> {
    return supervise(program, directory, options);
  }

  limitsUnavailable(): string | undefined {
    return limitsUnavailable();
  }

  recover(directory: string): Promise<SupervisedProcess | undefined> {
    return recover(directory);
  }

  tree(pid: number): ProcessTree {
    return new NodeProcessTree(pid);
  }

  /** Reads the machine's own user list only; users of a directory service are not found. */
  async user(name: string): Promise<{ uid: number; gid: number } | undefined> {
    return users.find(name);
  }
}
