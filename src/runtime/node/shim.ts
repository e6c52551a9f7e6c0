import type { Program } from "../processes.ts";

/** Files in a supervision directory. */
export const supervisionFiles = {
  stdout: "stdout",
  stderr: "stderr",
  /** The task's line of `/proc/<pid>/stat` as it was at its start. */
  task: "task",
  /** The exit code and a line end; without the line end it is not yet whole. */
  exit: "exit",
  /** What the shim itself has to say; see `signalled` in `exit-record.ts`. */
  complaints: "complaints",
  /** Paths of the task's control groups as JSON, if it has any. */
  groups: "groups",
} as const;

/**
 * Marks a task that has no control groups, and all it starts, with the directory of its supervision: what leaves the
 * session and loses its parent still has the variable.
 */
export const markVariable = "NOMAD_SUPERVISION";

/**
 * The little shell program that stands over a task and outlives the agent: it starts the task with its output going to the FIFOs,
 * waits for its end and leaves the exit code in a file. It is a function of the shell that starts programs, of which each shim is a
 * copy: to become another program, and a shell once more, would take as long as all the rest of a start.
 *
 * Arguments: directory, the number under which it answers, files by which control groups are joined, separated by spaces, then the
 * task's command and arguments, which it passes on unread. Descriptors: 2 takes the shim's complaints, and 3 is the
 * line to the agent, on which it says its number and the task's entry in the process table, which is the same
 * before and after `exec`; or its number alone if there is no task. The entry in the directory is there before the task is. Where that
 * cannot be written there is no task: nobody would find it. It is written only if there is no such file: an agent that finds none
 * makes an empty one, and then knows that there will be no task, whatever still runs of the start.
 *
 * A shell makes background programs ignore SIGINT and SIGQUIT for good, and so do shims; for the task `env` undoes that. Traps (and
 * not ignored signals, which the task would inherit) keep the shim alive when it is signalled otherwise.
 */
export const shimFunction = `shim() {
d=$1 n=$2 groups=$3
shift 3
trap 'echo $n >&3' EXIT
trap : HUP TERM
exec 1<>"$d/stdout" 4<>"$d/stderr"
(
  for g in $groups; do echo 0 >"$g" || exit 125; done
  read -r s </proc/self/stat
  set -C
  echo "$s" >"$d/task" || exit 125
  trap : PIPE
  echo "$n $s" >&3 2>/dev/null
  exec "$@" 2>&4 3>&- 4>&-
)
c=$?
[ -s "$d/task" ] && trap - EXIT
echo "$c" >"$d/exit"
}`;

/** How to call the shim: the function's arguments, and variables that carry the task's. */
export interface ShimCall {
  readonly args: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/** Where and how a shim works. */
export interface ShimPlace {
  readonly directory: string;
  /** Under which it answers. */
  readonly number: string;
  /** Files by which control groups are joined. */
  readonly joined: readonly string[];
}

/**
 * The call by which a shim runs `program`.
 *
 * The task's variables travel under names of no meaning (`v0`, `v1` …) and get their own again by the last `env`: a
 * shell drops names such as `LOG-LEVEL`, adds `PWD`, and both it and `setpriv` would obey an `LD_PRELOAD` as the
 * agent's user. Their values appear on no command line, which every user of the machine could read.
 */
export function shimCall(program: Program, { directory, number, joined }: ShimPlace): ShimCall {
  const command = programCommand({ ...program, command: "/usr/bin/setsid", args: [program.command, ...program.args] });
  return { args: [directory, number, joined.join(" "), ...command], variables: carried(program.env) };
}

/** How a program becomes itself whose variables came as `carried`: as its user, and with the variables' own names. */
export function programCommand({ env, user, command, args }: Program): readonly string[] {
  const restored = Object.keys(env).map((name, i) => `${quoted(`${name}=`)}\${v${i}}`);
  return [
    ...asUser(user),
    "/usr/bin/env",
    "-i",
    "--default-signal=INT,QUIT",
    "-S",
    restored.join(" "),
    command,
    ...args,
  ];
}

/** Variables under names of no meaning. */
export function carried(env: Program["env"]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.values(env).map((value, i) => [`v${i}`, value]));
}

/** In the dialect of `env -S`, where single quotes keep all but a backslash and a single quote. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

function asUser(user: Program["user"]): string[] {
  if (user === undefined) return [];
  return ["/usr/bin/setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups", "--"];
}
