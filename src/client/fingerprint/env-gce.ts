import { dictionary, seconds } from "../../base/index.ts";
import type { Fingerprint, NodeFacts } from "./fingerprint.ts";
import { readMetadata } from "./metadata-service.ts";

/** Keys with one value each; the last part of a value that is a path is what counts. */
const plainKeys = [
  "hostname",
  "id",
  "cpu-platform",
  "scheduling/automatic-restart",
  "scheduling/on-host-maintenance",
  "machine-type",
  "zone",
] as const;
const uniqueKeys: readonly string[] = ["hostname", "id"];

/** Attributes `platform.gce.*` of a machine at Google, and its id as a link. */
export const gceFingerprint: Fingerprint = {
  name: "env_gce",
  inBackground: true,
  async detect({ runtime, log: rootLog, signal }) {
    const log = rootLog.named("fingerprint.env_gce");
    const service = {
      base: runtime.processes.environment.GCE_ENV_URL ?? "http://169.254.169.254/computeMetadata/v1/instance/",
      headers: { "Metadata-Flavor": "Google" },
      timeout: seconds(2),
    };
    const read = (key: string) => readMetadata(runtime, service, key, signal);
    if ((await read("machine-type")) === undefined) {
      log.debug('Could not read value for attribute "machine-type"');
      log.debug("Error querying GCE Metadata URL, skipping");
      return undefined;
    }
    const plain = await Promise.all(plainKeys.map(async (key) => [key, await read(key)] as const));
    const [networks, tags, attributes] = await Promise.all([
      read("network-interfaces/?recursive=true"),
      read("tags?alt=json"),
      read("attributes/?recursive=true"),
    ]);
    return gceFacts({
      plain: new Map(plain.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))),
      networks: parsed(networks),
      tags: parsed(tags),
      attributes: parsed(attributes),
    });
  },
};

/** What the metadata service said of a machine. */
export interface GceAnswers {
  readonly plain: ReadonlyMap<string, string>;
  /** As JSON gave them; anything may be in there. */
  readonly networks: unknown;
  readonly tags: unknown;
  readonly attributes: unknown;
}

/** What the answers mean for the node. */
export function gceFacts(answers: GceAnswers): NodeFacts {
  const attributes = dictionary<string>();
  for (const [key, value] of answers.plain) {
    const name = `platform.gce.${key.replaceAll("/", ".")}`;
    attributes[uniqueKeys.includes(key) ? `unique.${name}` : name] = lastPart(value);
  }
  for (const network of listIn(answers.networks)) addNetwork(attributes, network);
  for (const tag of listIn(answers.tags)) attributes[named("tag", String(tag))] = "true";
  for (const [key, value] of entriesIn(answers.attributes)) attributes[named("attr", key)] = String(value);
  return { attributes, links: { gce: answers.plain.get("id") ?? "" } };
}

function addNetwork(attributes: Record<string, string>, network: unknown): void {
  const fields = new Map(entriesIn(network));
  const name = lastPart(String(fields.get("network") ?? ""));
  attributes[`platform.gce.network.${name}`] = "true";
  attributes[`unique.platform.gce.network.${name}.ip`] = String(fields.get("ip") ?? "");
  listIn(fields.get("accessConfigs")).forEach((config, at) => {
    const external = new Map(entriesIn(config)).get("externalIp");
    attributes[`unique.platform.gce.network.${name}.external-ip.${at}`] = String(external ?? "");
  });
}

/** A tag or attribute may say itself that it is one machine's own. */
function named(kind: "tag" | "attr", key: string): string {
  const own = "unique.";
  return key.startsWith(own) ? `unique.platform.gce.${kind}.${key.slice(own.length)}` : `platform.gce.${kind}.${key}`;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? "null");
  } catch {
    return null;
  }
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function entriesIn(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
