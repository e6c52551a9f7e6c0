import { join } from "node:path/posix";
import type { Disk, OpenFile } from "../../runtime/index.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";

/**
 * How repositories are fetched over ssh: by nobody's configuration, asking nobody, with the job's own key in base64 if it has
 * one. Where the operator names the hosts that are known no other is spoken to; else a host is believed as it comes, but if
 * the machine knows it by another key. The key is put into the fresh `directory`.
 */
export async function sshCommand(
  disk: Disk,
  directory: OpenFile,
  { sshKey, knownHosts }: { readonly sshKey: string; readonly knownHosts: ArtifactLimits["knownHosts"] },
): Promise<string> {
  const key = join(directory.lastingPath, "key");
  if (sshKey !== "") await disk.writeAtomically(key, Buffer.from(sshKey, "base64"), 0o600);
  const options = [
    "BatchMode=yes",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
    "ConnectTimeout=60",
    ...(knownHosts === undefined
      ? ["StrictHostKeyChecking=accept-new"]
      : ["StrictHostKeyChecking=yes", `GlobalKnownHostsFile=${knownHosts}`]),
    ...(sshKey === "" ? [] : ["IdentitiesOnly=yes"]),
  ];
  const identity = sshKey === "" ? [] : ["-i", key];
  return ["ssh", "-F", "/dev/null", ...options.flatMap((option) => ["-o", option]), ...identity].join(" ");
}
