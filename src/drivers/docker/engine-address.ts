import { join } from "node:path";
import type { HttpClient, Runtime } from "../../runtime/index.ts";
import type { DriverSettings } from "../settings.ts";

/** Where Docker listens unless it is told otherwise. */
const usualSocket = "unix:///var/run/docker.sock";

/** A way to the engine, and the files that prove who we are, if it asks for TLS. */
export interface EngineAddress {
  /** `host:port`, or the path of a socket. */
  readonly address: string;
  readonly tls?: { readonly authorities?: string; readonly certificate?: string; readonly key?: string };
}

/**
 * Where the operator says the engine is: by the options `docker.endpoint` and `docker.tls.*`, else by Docker's own
 * variables (`DOCKER_HOST`, `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`). Throws when the address cannot be read.
 */
export function engineAddress(
  { options }: DriverSettings,
  environment: Readonly<Record<string, string | undefined>>,
): EngineAddress {
  const told = options["docker.endpoint"] ?? "";
  const endpoint = told || environment.DOCKER_HOST || usualSocket;
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.+)$/.exec(endpoint) ?? [];
  if (scheme === "unix") return { address: rest };
  if (!["tcp", "http", "https"].includes(scheme)) throw new Error(`cannot read the engine's address "${endpoint}"`);
  const address = rest.replace(/\/+$/, "");
  const files = told === "" ? filesOfEnvironment(environment) : filesOfOptions(options);
  return files === undefined && scheme !== "https" ? { address } : { address, tls: files ?? {} };
}

/** Opens the way: reads the files that it needs. */
export async function engineClient(
  { http, disk }: Pick<Runtime, "http" | "disk">,
  { address, tls }: EngineAddress,
): Promise<HttpClient> {
  if (tls === undefined) return http.client(address);
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : Buffer.from(await disk.read(path)).toString();
  const [authorities, certificate, key] = await Promise.all([tls.authorities, tls.certificate, tls.key].map(read));
  return http.client(address, { tls: { authorities, certificate, key, verifies: true } });
}

function filesOfOptions(options: DriverSettings["options"]): EngineAddress["tls"] {
  const [certificate, key, authorities] = ["cert", "key", "ca"].map(
    (name) => options[`docker.tls.${name}`] || undefined,
  );
  const isTold = [certificate, key, authorities].some((path) => path !== undefined);
  return isTold ? { authorities, certificate, key } : undefined;
}

function filesOfEnvironment(environment: Readonly<Record<string, string | undefined>>): EngineAddress["tls"] {
  const { DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = environment;
  if (!DOCKER_TLS_VERIFY || !DOCKER_CERT_PATH) return undefined;
  const inPath = (name: string) => join(DOCKER_CERT_PATH, name);
  return { authorities: inPath("ca.pem"), certificate: inPath("cert.pem"), key: inPath("key.pem") };
}
