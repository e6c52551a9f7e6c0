import type { Program, Runtime } from "../../runtime/index.ts";
import { ArtifactError, refusal } from "./artifact-error.ts";

export type HelperTools = { readonly runtime: Pick<Runtime, "processes" | "disk">; readonly signal: AbortSignal };

/** A helper of the operating system, with nothing of the agent's environment but where programs are. */
export function helper(
  tools: HelperTools,
  [command = "", ...args]: readonly string[],
  workingDirectory: string,
  env: Readonly<Record<string, string>> = {},
): Program {
  const { PATH = "/usr/local/bin:/usr/bin:/bin" } = tools.runtime.processes.environment;
  return { command, args, env: { PATH, LC_ALL: "C.UTF-8", ...env }, workingDirectory };
}

const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/** By which way the agent's environment says that the web is reached. */
export function proxyVariables({ runtime }: HelperTools): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(runtime.processes.environment).filter(([name]) => proxies.includes(name)));
}

/** How helpers say that a disk is full; tar, when only a part of a block had room. */
const diskFull = /no space left on device|disk full|quota exceeded|wrote only \d+ of/i;

/** How a helper ended. */
interface HelperEnd {
  readonly exitCode: number;
  readonly stderr: string;
}

/**
 * Throws `ArtifactError` unless the helper has done all that it was to do: a warning is a failure too, for it means that
 * something was left out or done otherwise.
 */
export async function succeeded<End extends HelperEnd>(command: string, ending: Promise<End>): Promise<End> {
  const end = await ending.catch((error: unknown) => {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
    throw refusal(`the program "${command}" is needed and not on this node`);
  });
  if (end.exitCode === 0) return end;
  if (diskFull.test(end.stderr)) {
    throw new ArtifactError(`no space left on device: ${lastWords(end.stderr)}`);
  }
  throw new ArtifactError(`${command} failed with exit code ${end.exitCode}: ${lastWords(end.stderr)}`);
}

const mostWords = 500;

/** What tells most of a failure: its beginning, for the rest follows from it. */
function lastWords(stderr: string): string {
  const text = stderr.trim().replace(/\s*\n\s*/g, "; ");
  return text.length > mostWords ? `${text.slice(0, mostWords)} …` : text || "it says nothing";
}
