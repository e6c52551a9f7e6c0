import type { Program, RunResult } from "../processes.ts";
import { runProgram } from "./run-program.ts";
import { carried, programCommand } from "./shim.ts";

/** Joins the control groups whose files come first, separated by spaces, then becomes the program. */
const script = `groups=$1
shift
for g in $groups; do echo 0 >"$g" || exit 125; done
exec "$@" 2>&1`;

/**
 * Runs a program in the control groups of another, which bound it and end it with that one. All it writes, to wherever,
 * is in the result's standard output.
 */
export function runBeside(
  program: Program,
  joined: readonly string[],
  options: { readonly signal: AbortSignal; readonly lastBytes: number },
): Promise<RunResult> {
  const shell: Program = {
    command: "/bin/sh",
    args: ["-c", script, "nomad-beside", joined.join(" "), ...programCommand(program)],
    env: carried(program.env),
    workingDirectory: program.workingDirectory,
  };
  return runProgram(shell, options);
}
