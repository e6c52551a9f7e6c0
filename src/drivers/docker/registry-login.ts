import * as z from "zod";
import type { Disk } from "../../runtime/index.ts";
import { DriverStartError } from "../driver.ts";
import type { DockerConfig, RegistryLogin } from "./docker-config.ts";

const entry = z.object({
  auth: z.string().default(""),
  username: z.string().default(""),
  password: z.string().default(""),
  email: z.string().default(""),
  identitytoken: z.string().default(""),
});
const logins = z.record(z.string(), z.unknown());

/**
 * Who we are at the image's registry, as the engine passes it on: out of the operator's file of logins if it knows the
 * registry, else as the job says. The file is one that `docker login` writes, of either form. Undefined for nobody.
 */
export async function registryLogin(
  disk: Disk,
  file: string | undefined,
  config: Pick<DockerConfig, "image" | "ssl" | "auth">,
): Promise<string | undefined> {
  const found = file === undefined ? undefined : await loginInFile(disk, file, config);
  return found ?? loginOfJob(config.auth);
}

function loginOfJob(login: RegistryLogin | undefined): string | undefined {
  if (login === undefined) return undefined;
  const { username, password, email, server_address } = login;
  return JSON.stringify({ username, password, email, serveraddress: server_address });
}

async function loginInFile(
  disk: Disk,
  file: string,
  { image, ssl }: Pick<DockerConfig, "image" | "ssl">,
): Promise<string | undefined> {
  let all: Readonly<Record<string, unknown>>;
  try {
    const read = logins.parse(JSON.parse(Buffer.from(await disk.read(file)).toString()));
    all = logins.safeParse(read.auths).data ?? read;
  } catch (cause) {
    throw new DriverStartError(`Failed to read the registry logins in "${file}": ${(cause as Error).message}`, {
      cause,
    });
  }
  const registry = image.split("/")[0] ?? "";
  const keys = [`${ssl ? "https://" : ""}${registry}`, registry];
  const key = keys.find((each) => Object.hasOwn(all, each));
  return key === undefined ? undefined : loginOf(all[key], key);
}

/** An entry holds name and password either each for itself or as Base64 of `name:password`. */
function loginOf(value: unknown, server: string): string | undefined {
  const read = entry.safeParse(value).data;
  if (read === undefined) return undefined;
  const { email, identitytoken } = read;
  const [username = "", ...password] = Buffer.from(read.auth, "base64").toString().split(":");
  const who =
    read.auth === ""
      ? { username: read.username, password: read.password }
      : { username, password: password.join(":").replace(/\0+$/, "") };
  return JSON.stringify({ ...who, email, serveraddress: server, ...(identitytoken === "" ? {} : { identitytoken }) });
}
