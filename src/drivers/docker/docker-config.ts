import * as z from "zod";
import { passableList, passableText, weakBoolean, weakText } from "../config-schema.ts";

/** A task's `config` block for this driver, with the keys of Nomad. */
export interface DockerConfig {
  /** Without a scheme, for instance `redis:3.2`. */
  readonly image: string;
  /** Image archives in the task's `local`, loaded instead of pulling. */
  readonly load: readonly string[];
  /** Empty keeps the image's own. */
  readonly command: string;
  readonly args: readonly string[];
  readonly ipc_mode: string;
  readonly network_mode: string;
  readonly pid_mode: string;
  readonly uts_mode: string;
  /** Numbers of ports inside the container, by label. */
  readonly port_map: ReadonlyMap<string, number>;
  readonly privileged: boolean;
  readonly dns_servers: readonly string[];
  readonly dns_search_domains: readonly string[];
  readonly hostname: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly auth: RegistryLogin | undefined;
  /** Whether the registry speaks TLS: part of its name in the file of logins. */
  readonly ssl: boolean;
  readonly tty: boolean;
  readonly interactive: boolean;
  /** In bytes; 0 is the engine's default. */
  readonly shm_size: number;
  readonly work_dir: string;
  /** `source:destination[:options]`; a source without a slash in front is below the task's directory. */
  readonly volumes: readonly string[];
}

/** Who we are at a registry. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  readonly email: string;
  readonly server_address: string;
}

const optionalText = weakText.nullish().transform((value) => value ?? "");

/** A block may be written several times: what is said last of a key holds. */
const blocks = z.union([z.array(z.record(z.string(), z.unknown())), z.record(z.string(), z.unknown())]).nullish();
const joined = blocks.transform((value): readonly [string, unknown][] =>
  (Array.isArray(value) ? value : [value ?? {}]).flatMap((block) => Object.entries(block)),
);

const portMap = joined.transform((entries, context) => {
  const ports = entries.map(([label, value]) => [label, Number(value)] as const);
  const wrong = ports.find(([, port]) => !isPort(port));
  if (wrong !== undefined) context.addIssue(`field "port_map": "${wrong[0]}" is not mapped to a port number`);
  return new Map(ports);
});

const labels = joined.transform((entries) => new Map(entries.map(([key, value]) => [key, String(value)])));

const login = z.object({
  username: optionalText,
  password: optionalText,
  email: optionalText,
  server_address: optionalText,
});
const firstLogin = blocks.transform((value): RegistryLogin | undefined => {
  const first = Array.isArray(value) ? value[0] : (value ?? undefined);
  return first === undefined ? undefined : login.parse(first);
});

/** Reads a task's `config`. Booleans and numbers may be written as texts. Source: Nomad 0.4.1. */
export const dockerConfig: z.ZodType<DockerConfig> = z.object({
  image: passableText("image").transform((image) => image.replace(/^https:\/\//, "")),
  load: passableList("load"),
  command: optionalText,
  args: passableList("args"),
  ipc_mode: optionalText,
  network_mode: optionalText,
  pid_mode: optionalText,
  uts_mode: optionalText,
  port_map: portMap,
  privileged: weakBoolean("privileged", false),
  dns_servers: passableList("dns_servers"),
  dns_search_domains: passableList("dns_search_domains"),
  hostname: optionalText,
  labels,
  auth: firstLogin,
  ssl: weakBoolean("ssl", true),
  tty: weakBoolean("tty", false),
  interactive: weakBoolean("interactive", false),
  shm_size: z.coerce
    .number('field "shm_size" is not a number of bytes')
    .int('field "shm_size" is not a number of bytes')
    .nonnegative('field "shm_size" is not a number of bytes')
    .default(0),
  work_dir: optionalText,
  volumes: passableList("volumes"),
});

/** Ports as the task knows them, out of a `config` block that nothing was done with yet. What cannot be read is left out. */
export function portsInside(config: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> {
  const entries = joined.safeParse(config.port_map).data ?? [];
  const ports = entries.map(([label, value]) => [label, Number(value)] as const);
  return new Map(ports.filter(([, port]) => isPort(port)));
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value < 65_536;
}
