import { join } from "node:path/posix";
import { inSeconds } from "../../base/index.ts";
import type { OpenFile } from "../../runtime/index.ts";
import { ArtifactError } from "./artifact-error.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";
import type { ArtifactSource } from "./artifact-source.ts";
import { type HelperTools, helper, succeeded } from "./helper.ts";

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
  const { url, login } = withoutLogin(source.url);
  const environment = { ...(await gitEnvironment(tools, source, directory)), ...login };
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

/**
 * A name and a password in the URL of HTTP go to git by its environment: everyone on the machine can read a command line,
 * and the task what git remembers of the URL.
 */
function withoutLogin(text: string): { readonly url: string; readonly login: Readonly<Record<string, string>> } {
  const url = new URL(text);
  const { username, password } = url;
  if ((username === "" && password === "") || !/^https?:$/.test(url.protocol)) return { url: text, login: {} };
  url.username = "";
  url.password = "";
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  const login = {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${url.origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
  return { url: url.href, login };
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

/** No configuration of the machine or of a user is read; keys are the job's own, and hosts are believed as they come. */
async function gitEnvironment(
  { runtime }: HelperTools,
  { sshKey }: GitSource,
  directory: OpenFile,
): Promise<Readonly<Record<string, string>>> {
  const key = join(directory.lastingPath, "key");
  const ssh = ["ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"];
  const quiet = ["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60"];
  const identity = sshKey === "" ? [] : ["-i", key, "-o", "IdentitiesOnly=yes"];
  if (sshKey !== "") await runtime.disk.writeAtomically(key, Buffer.from(sshKey, "base64"), 0o600);
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
  const known = Object.entries(runtime.processes.environment).filter(([name]) => proxies.includes(name));
  return {
    ...Object.fromEntries(known),
    HOME: directory.lastingPath,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/true",
    GIT_LFS_SKIP_SMUDGE: "1",
    GIT_SSH_COMMAND: [...ssh, ...quiet, ...identity].join(" "),
  };
}
