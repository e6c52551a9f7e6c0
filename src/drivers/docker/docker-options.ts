import { parseGoBoolean } from "../../base/index.ts";
import { DriverStartError } from "../driver.ts";
import type { DriverSettings } from "../settings.ts";
import type { DockerConfig } from "./docker-config.ts";

/** What the operator allows and wishes, out of the client's options. */
export interface DockerOptions {
  readonly privilegedEnabled: boolean;
  readonly volumesEnabled: boolean;
  readonly seLinuxLabel: string;
  readonly removesImages: boolean;
  /** A file of logins at registries. */
  readonly loginFile: string | undefined;
}

/** Reads the options `docker.*`. What is no boolean is as if it were not there. */
export function dockerOptions({ options }: DriverSettings): DockerOptions {
  const isTrue = (name: string, absent: boolean) => parseGoBoolean(options[name] ?? "") ?? absent;
  return {
    privilegedEnabled: isTrue("docker.privileged.enabled", false),
    volumesEnabled: isTrue("docker.volumes.enabled", false),
    seLinuxLabel: options["docker.volumes.selinuxlabel"] ?? "",
    removesImages: isTrue("docker.cleanup.image", true),
    loginFile: options["docker.auth.config"] || undefined,
  };
}

/** Throws `DriverStartError` for what the operator does not allow, whatever the servers let through. */
export function refuseForbidden(config: DockerConfig, { privilegedEnabled }: DockerOptions): void {
  if (privilegedEnabled) return;
  if (config.privileged) throw new DriverStartError("Docker privileged mode is disabled on this Nomad agent");
  for (const key of ["ipc_mode", "pid_mode", "uts_mode"] as const) {
    // What belongs to the host, or to another container, which may be anybody's.
    if (/^(?:host|container:.*)$/.test(config[key])) {
      throw new DriverStartError(`Docker ${key} "${config[key]}" is disabled on this Nomad agent`);
    }
  }
}
