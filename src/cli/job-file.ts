import { dirname, resolve } from "node:path";
import type { Job } from "../model/index.ts";
import { CommandFailed } from "./command-failed.ts";
import type { Environment } from "./environment.ts";
import type { JobFileFlags } from "./job-file-flags.ts";
import { isURL, textFrom, Unreadable } from "./text-source.ts";

type JobLanguage = typeof import("./job-language.ts");
type JobFileOptions = NonNullable<Parameters<JobLanguage["parseJob"]>[2]>;
type World = Pick<
  Environment,
  "readFile" | "workingDirectory" | "input" | "transport" | "variables" | "localFiles" | "random"
>;

/**
 * The job that a file describes: from a path, from standard input for `-`, or from an http or https URL; checked, with
 * all that is wrong told at once. Throws `CommandFailed`.
 */
export async function readJobFile(world: World, source: string, flags: JobFileFlags): Promise<Job> {
  const text = await textFrom(world, source).catch((error: unknown) => {
    throw error instanceof Unreadable
      ? new CommandFailed(`Error getting job struct: Error getting jobfile from "${source}": ${error.message}`)
      : error;
  });
  const options = await optionsFor(world, source, flags);
  // Reading the language is loaded only now: most commands have no use for it.
  const language = await import("./job-language.ts");
  const job = parsed(language, text, source === "-" ? "<stdin>" : source, options);
  const problem = language.validateJob(job);
  if (problem !== undefined) throw new CommandFailed(`Error validating job: ${problem}`);
  return job;
}

/** Values for variables, and what functions may do: a job file that came from elsewhere reads no files here. */
async function optionsFor(world: World, source: string, flags: JobFileFlags): Promise<JobFileOptions> {
  const files: { name: string; text: string }[] = [];
  for (const name of flags["var-file"]) {
    const text = await textFrom(world, name).catch((error: unknown) => {
      if (!(error instanceof Unreadable)) throw error;
      throw new CommandFailed(`Error getting job struct: Error reading -var-file "${name}": ${error.message}`);
    });
    files.push({ name, text });
  }
  const directory = source === "-" ? world.workingDirectory : dirname(resolve(world.workingDirectory, source));
  const at = (path: string) => resolve(directory, path);
  const { localFiles, variables } = world;
  const door = {
    kind: (path: string) => localFiles.kind(at(path)),
    read: (path: string) => localFiles.read(at(path)),
    list: (path: string) => localFiles.list(at(path)),
    absolute: at,
    home: variables.HOME,
  };
  return {
    onlyHCL1: flags.hcl1,
    inputs: { environment: variables, files, assignments: flags.var, strict: flags["hcl2-strict"] },
    host: {
      files: isURL(source) ? undefined : door,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => world.random.below(256)),
    },
  };
}

function parsed(
  { HCLError, mendedJob, parseJob, renderDiagnostic, validateJob }: JobLanguage,
  text: string,
  fileName: string,
  options: JobFileOptions,
): Job {
  try {
    return parseJob(text, fileName, options);
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    const places = error.diagnostics.map(renderDiagnostic).join("\n");
    const mended = mendedJob(error, text, fileName, options);
    const further = mended === undefined ? undefined : validateJob(mended);
    const besides = further === undefined ? "" : `\n\nOnce that is mended, the job is still wrong: ${further}`;
    throw new CommandFailed(`Error getting job struct: ${error.message}\n\n${places}${besides}`, { cause: error });
  }
}
