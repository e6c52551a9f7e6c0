import { dictionary, seconds } from "../../base/index.ts";
import type { NetworkResource } from "../../model/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { Fingerprint, NodeFacts } from "./fingerprint.ts";
import { type MetadataService, readMetadata } from "./metadata-service.ts";
import { networkFacts } from "./network.ts";

/** Keys whose values tell one machine from another. */
const uniqueKeys = [
  "ami-id",
  "hostname",
  "instance-id",
  "local-hostname",
  "local-ipv4",
  "public-hostname",
  "public-ipv4",
] as const;
const commonKeys = ["instance-type", "placement/availability-zone"] as const;

/** Attributes `platform.aws.*` of a machine at Amazon, its place there as a link, and its network. */
export const awsFingerprint: Fingerprint = {
  name: "env_aws",
  inBackground: true,
  async detect({ runtime, log, signal }) {
    const service = awsService(runtime);
    const image = await readMetadata(runtime, service, "ami-id", signal);
    if (image === undefined || !image.startsWith("ami-")) {
      log.named("fingerprint.env_aws").debug("Error querying AWS Metadata URL, skipping");
      return undefined;
    }
    const keys = [...uniqueKeys, ...commonKeys];
    const values = await Promise.all(keys.map((key) => readMetadata(runtime, service, key, signal)));
    return awsFacts(new Map(keys.flatMap((key, at) => (values[at] === undefined ? [] : [[key, values[at]] as const]))));
  },
};

function awsService(runtime: Runtime): MetadataService {
  const base = runtime.processes.environment.AWS_ENV_URL ?? "http://169.254.169.254/latest/meta-data/";
  return { base, headers: {}, timeout: seconds(2) };
}

/** What the answers mean for the node; `values` by the service's keys. */
export function awsFacts(values: ReadonlyMap<string, string>): NodeFacts {
  const isUnique = (key: string) => (uniqueKeys as readonly string[]).includes(key);
  const attributes = [...values].map(([key, value]) => {
    const name = `platform.aws.${key.replaceAll("/", ".")}`;
    return [isUnique(key) ? `unique.${name}` : name, value] as const;
  });
  const address = values.get("local-ipv4");
  const link = `${values.get("placement/availability-zone") ?? ""}.${values.get("instance-id") ?? ""}`;
  const network = address === undefined ? undefined : awsNetwork(address, values.get("instance-type") ?? "");
  return {
    attributes: dictionary([...attributes, ...Object.entries(network?.attributes ?? {})]),
    links: { "aws.ec2": link },
    networks: network?.networks ?? ([] as readonly NetworkResource[]),
  };
}

function awsNetwork(address: string, instanceType: string): NodeFacts {
  return networkFacts("eth0", address, instanceSpeed(instanceType));
}

/** Bandwidth in Mbit/s that Amazon's words "low", "moderate" and "high" come to in practice; 0 when not known. */
function instanceSpeed(instanceType: string): number {
  return speeds.find(({ types }) => types.has(instanceType))?.mbits ?? 0;
}

const speeds = [
  { mbits: 16, types: typesOf("t2", "micro small medium large") },
  {
    mbits: 80,
    types: new Set([
      ...["m4", "m3", "c4", "c3", "r3"].map((family) => `${family}.large`),
      "m3.medium",
      ...["c3", "r3", "i2", "d2"].map((family) => `${family}.xlarge`),
    ]),
  },
  {
    mbits: 760,
    types: new Set([
      ...typesOf("m4", "xlarge 2xlarge 4xlarge"),
      ...typesOf("m3", "xlarge 2xlarge"),
      ...typesOf("c4", "xlarge 2xlarge 4xlarge"),
      ...typesOf("c3", "2xlarge 4xlarge"),
      ...typesOf("g2", "2xlarge"),
      ...typesOf("r3", "2xlarge 4xlarge"),
      ...typesOf("i2", "2xlarge 4xlarge"),
      ...typesOf("d2", "2xlarge 4xlarge"),
    ]),
  },
  {
    mbits: 10_000,
    types: new Set(["m4.10xlarge", ...["c4", "c3", "g2", "r3", "i2", "d2"].map((family) => `${family}.8xlarge`)]),
  },
];

function typesOf(family: string, sizes: string): ReadonlySet<string> {
  return new Set(sizes.split(" ").map((size) => `${family}.${size}`));
}
