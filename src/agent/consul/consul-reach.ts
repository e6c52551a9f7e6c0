import { nanoseconds } from "../../base/index.ts";
import type { Disk, HttpTls } from "../../runtime/index.ts";
import { NodeHttpClient } from "../../runtime/node/index.ts";
import type { Settings } from "../config/settings.ts";
import type { ConsulReach } from "./agent-consul.ts";

const usualAddress = "127.0.0.1:8500";

/** Consul's own variables, which hold where the configuration is silent. */
type Variables = Readonly<Record<string, string | undefined>>;

/** The way to Consul as the settings have it. Throws, with what to do, when a file cannot be read or an address is none. */
export async function consulReach({ Consul }: Settings, variables: Variables, disk: Disk): Promise<ConsulReach> {
  const address = Consul.Addr || variables.CONSUL_HTTP_ADDR || usualAddress;
  const usesTls = Consul.EnableSSL || isTrue(variables.CONSUL_HTTP_SSL) || address.startsWith("https://");
  const base = `${usesTls ? "https" : "http"}://${address.replace(/^https?:\/\//, "")}`;
  if (!URL.canParse(base) || address.startsWith("unix:")) {
    throw new Error(`consul.address: "${address}" cannot be asked; write host:port`);
  }
  return {
    http: new NodeHttpClient(base, { tls: usesTls ? await tlsOf(Consul, disk) : undefined }),
    access: {
      token: headerValue("token", Consul.Token || variables.CONSUL_HTTP_TOKEN || ""),
      auth: Consul.Auth || variables.CONSUL_HTTP_AUTH || "",
      timeout: nanoseconds(Consul.Timeout),
    },
  };
}

async function tlsOf({ CAFile, CertFile, KeyFile, VerifySSL }: Settings["Consul"], disk: Disk): Promise<HttpTls> {
  const read = async (key: string, path: string) => {
    if (path === "") return undefined;
    try {
      return Buffer.from(await disk.read(path)).toString();
    } catch (cause) {
      throw new Error(`consul.${key}: cannot read "${path}": ${(cause as Error).message}`, { cause });
    }
  };
  return {
    authorities: await read("ca_file", CAFile),
    certificate: await read("cert_file", CertFile),
    key: await read("key_file", KeyFile),
    verifies: VerifySSL,
  };
}

/** Says what is wrong, and never what was written. */
function headerValue(key: string, value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw new Error(`consul.${key} holds characters that no request can carry`);
  return value;
}

function isTrue(text: string | undefined): boolean {
  return text === "1" || text?.toLowerCase() === "true";
}
