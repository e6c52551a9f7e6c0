import type { Environment } from "../environment.ts";

/** Where a shell looks for completions, and what it must read there. */
interface Shell {
  readonly name: string;
  /** Below the home directory. The shell is there if this file or directory is. */
  readonly sign: string;
  readonly file: string;
  /** What the file must have; `program` is the path of `nomad`. */
  readonly lines: (program: string) => readonly string[];
  /** The whole file is ours. */
  readonly ours?: boolean;
}

const shells: readonly Shell[] = [
  {
    name: "bash",
    sign: ".bashrc",
    file: ".bashrc",
    lines: (program) => [`complete -o default -C ${quoted(quoted(program))} nomad`],
  },
  {
    name: "zsh",
    sign: ".zshrc",
    file: ".zshrc",
    lines: (program) => [
      "autoload -U +X compinit && compinit; autoload -U +X bashcompinit && bashcompinit # nomad",
      `complete -o default -C ${quoted(quoted(program))} nomad`,
    ],
  },
  {
    name: "fish",
    sign: ".config/fish",
    file: ".config/fish/completions/nomad.fish",
    ours: true,
    lines: (program) => [
      "function __complete_nomad",
      "    set -l line (commandline -cp)",
      `    set -l found (env COMP_LINE="$line" ${quoted(program)})`,
      "    if test (count $found) -gt 0",
      "        string join \\n -- $found",
      "    else",
      "        __fish_complete_path (commandline -ct)",
      "    end",
      "end",
      'complete -c nomad -f -a "(__complete_nomad)"',
    ],
  },
];

/** Has the shells of the user complete what follows `nomad`, in all sessions from now on. Gives the exit code. */
export async function installCompletion(environment: Environment): Promise<number> {
  return forEachShell(environment, "installed", async ({ file, lines, ours = false }, path) => {
    const files = await environment.userFiles();
    const wanted = lines(environment.program);
    const before = (await files.read(path)) ?? "";
    if (wanted.every((line) => before.split("\n").includes(line))) return `already installed in ~/${file}`;
    const kept = ours ? "" : withoutOurs(before);
    const gap = kept === "" || kept.endsWith("\n") ? "" : "\n";
    await files.write(path, `${kept}${gap}${wanted.join("\n")}\n`);
    return `installed in ~/${file}`;
  });
}

/** Takes back what `installCompletion` did. Gives the exit code. */
export async function uninstallCompletion(environment: Environment): Promise<number> {
  return forEachShell(environment, "uninstalled", async ({ file, ours = false }, path) => {
    const files = await environment.userFiles();
    const before = await files.read(path);
    const after = before === undefined || ours ? undefined : withoutOurs(before);
    if (before === undefined || before === after) return "was not installed";
    await (after === undefined ? files.remove(path) : files.write(path, after));
    return `removed from ~/${file}`;
  });
}

async function forEachShell(
  { variables, userFiles, output, errors }: Environment,
  done: string,
  change: (shell: Shell, path: string) => Promise<string>,
): Promise<number> {
  const home = variables.HOME ?? "";
  const files = await userFiles();
  let found = 0;
  for (const shell of shells) {
    if (home === "" || !(await files.exists(`${home}/${shell.sign}`))) continue;
    found++;
    try {
      output.write(`${shell.name}: ${await change(shell, `${home}/${shell.file}`)}\n`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      errors.write(`Error: completion for ${shell.name} was not ${done}: ${message}\n`);
      return 1;
    }
  }
  if (found > 0) return 0;
  errors.write("Error: found no shell to complete for: there is no ~/.bashrc, ~/.zshrc or ~/.config/fish\n");
  return 1;
}

/**
 * A file without lines of ours, of whatever place `nomad` had when they were written. Lines of programs whose names only
 * begin so stay.
 */
function withoutOurs(text: string): string {
  return text.replace(/^(?:complete (?:-o \w+ )*-C .* nomad|autoload .* bashcompinit # nomad)$\n?/gm, "");
}

/** One word to a shell. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_./@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
