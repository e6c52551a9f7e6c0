import { join } from "node:path/posix";
import { inSeconds } from "../../base/index.ts";
import type { OpenFile } from "../../runtime/index.ts";
import { ArtifactError } from "./artifact-error.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";
import type { ArtifactSource } from "./artifact-source.ts";
import { type HelperTools, helper, proxyVariables, succeeded } from "./helper.ts";
import { loginApart } from "./repository-login.ts";
import { sshCommand } from "./ssh-command.ts";

type GitSource = Extract<ArtifactSource, { kind: "git" }>;

/**
 * What git is told whatever its configuration on this machine says, which it does not see: nothing that comes with a
 * repository is run, and nobody is asked anything.
 */
const settings: readonly string[] = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.askPass=",
  "credential.helper=",
  "protocol.allow=never",
  "protocol.https.allow=always",
  "protocol.http.allow=always",
  "protocol.ssh.allow=always",
  "protocol.git.allow=always",
  "submodule.recurse=false",
  "transfer.fsckObjects=true",
  "http.followRedirects=initial",
  "advice.detachedHead=false",
];

/**
 * Clones a repository into `into`, by its name in the fresh `directory`, and checks out what is wanted of it, without its
 * submodules. What is checked out must be looked at before it is used. Throws `ArtifactError`.
 */
export async function cloneRepository(
  tools: HelperTools & { readonly limits: ArtifactLimits },
  source: GitSource,
  directory: OpenFile,
  into: string,
): Promise<void> {
  const place = join(directory.lastingPath, into);
  const apart = loginApart(source.url);
  const { url } = apart;
  const environment = { ...(await gitEnvironment(tools, source, directory)), ...loginVariables(apart) };
  const git = (workingDirectory: string, ...args: readonly string[]) =>
    runGit(tools, args, workingDirectory, environment);
  const shallow = source.depth > 0 ? ["--depth", String(source.depth)] : [];
  const branch = source.depth > 0 && source.ref !== "" ? ["--branch", source.ref] : [];
  const plain = ["--quiet", "--no-recurse-submodules", "--template=", ...shallow, ...branch];
  if (source.ref === "" || source.depth > 0) {
    await git(directory.lastingPath, "clone", ...plain, "--", url, place);
    return;
  }
  await git(directory.lastingPath, "clone", "--no-checkout", ...plain, "--", url, place);
  const commit = await commitOf(source.ref, (...args) => git(place, ...args));
  await git(place, "checkout", "--quiet", "--detach", "--no-recurse-submodules", commit, "--");
}

/** A login goes to git by its environment. */
function loginVariables({ url, login }: ReturnType<typeof loginApart>): Readonly<Record<string, string>> {
  if (login === undefined) return {};
  const basic = Buffer.from(`${login.name}:${login.password}`).toString("base64");
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${new URL(url).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}

/** A branch as the server has it, a tag, or a commit by its number. */
async function commitOf(ref: string, git: (...args: readonly string[]) => Promise<string>): Promise<string> {
  for (const name of [`refs/remotes/origin/${ref}`, `refs/tags/${ref}`, ref]) {
    try {
      return (await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`)).trim();
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
    }
  }
  throw new ArtifactError(`the repository has no ref ${JSON.stringify(ref)}`);
}

/** A file of a clone, the pack first of all, may be no larger than all that is allowed. */
async function runGit(
  tools: HelperTools & { readonly limits: ArtifactLimits },
  args: readonly string[],
  workingDirectory: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { limits, runtime, signal } = tools;
  const stall = ["http.lowSpeedLimit=1", `http.lowSpeedTime=${Math.ceil(inSeconds(limits.stallTime))}`];
  const configured = [...settings, ...stall].flatMap((setting) => ["-c", setting]);
  const limited = ["prlimit", `--fsize=${limits.unpackedBytes}`, "--", "git", ...configured, ...args];
  const program = helper(tools, limited, workingDirectory, environment);
  return (await succeeded("git", runtime.processes.run(program, { signal }))).stdout;
}

/** No configuration of the machine or of a user is read. */
async function gitEnvironment(
  tools: HelperTools & { readonly limits: ArtifactLimits },
  { sshKey }: GitSource,
  directory: OpenFile,
): Promise<Readonly<Record<string, string>>> {
  const { knownHosts } = tools.limits;
  return {
    ...proxyVariables(tools),
    HOME: directory.lastingPath,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/true",
    GIT_LFS_SKIP_SMUDGE: "1",
    GIT_SSH_COMMAND: await sshCommand(tools.runtime.disk, directory, { sshKey, knownHosts }),
  };
}
