import { join } from "node:path/posix";
import { inSeconds } from "../../base/index.ts";
import type { OpenFile } from "../../runtime/index.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";
import type { ArtifactSource } from "./artifact-source.ts";
import { type HelperTools, helper, proxyVariables, succeeded } from "./helper.ts";
import { loginApart } from "./repository-login.ts";
import { sshCommand } from "./ssh-command.ts";

type MercurialSource = Extract<ArtifactSource, { kind: "hg" }>;

/**
 * Clones a repository of Mercurial into `into`, by its name in the fresh `directory`, and checks out what is wanted of it,
 * without its subrepositories. No configuration of this machine or of a user is read but the one written here; what is
 * checked out must be looked at before it is used. Throws `ArtifactError`.
 */
export async function cloneMercurial(
  tools: HelperTools & { readonly limits: ArtifactLimits },
  source: MercurialSource,
  directory: OpenFile,
  into: string,
): Promise<void> {
  const { runtime, limits, signal } = tools;
  const place = join(directory.lastingPath, into);
  const { url, login } = loginApart(source.url);
  const ssh = await sshCommand(runtime.disk, directory, { ...source, knownHosts: limits.knownHosts });
  const configuration = join(directory.lastingPath, "hgrc");
  await runtime.disk.writeAtomically(configuration, Buffer.from(configured(limits, { ssh, url, login })), 0o600);
  const environment = {
    ...proxyVariables(tools),
    HGRCPATH: configuration,
    HGPLAIN: "1",
    HGENCODING: "utf-8",
    HOME: directory.lastingPath,
  };
  const hg = (...args: readonly string[]) => {
    const limited = ["prlimit", `--fsize=${limits.unpackedBytes}`, "--", "hg", "--noninteractive", "--quiet", ...args];
    return succeeded(
      "hg",
      runtime.processes.run(helper(tools, limited, directory.lastingPath, environment), { signal }),
    );
  };
  await hg("clone", "--noupdate", "--pull", "--", url, place);
  await hg("update", "--repository", place, "--check", ...(source.rev === "" ? [] : ["--rev", source.rev]));
}

/** The only configuration there is. Everyone on the machine can read a command line, so a login stands here. */
function configured(
  { stallTime }: ArtifactLimits,
  { ssh, url, login }: { readonly ssh: string } & ReturnType<typeof loginApart>,
): string {
  const auth =
    login === undefined
      ? []
      : [
          "[auth]",
          "job.schemes = http https",
          `job.prefix = ${new URL(url).host}`,
          `job.username = ${login.name}`,
          `job.password = ${login.password}`,
        ];
  return [
    ...["[ui]", `ssh = ${ssh}`, "[subrepos]", "allowed = false", "[phases]", "publish = true"],
    ...["[http]", `timeout = ${Math.ceil(inSeconds(stallTime))}`],
    ...auth,
    "",
  ].join("\n");
}
