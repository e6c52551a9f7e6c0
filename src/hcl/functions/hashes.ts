import { createHash } from "node:crypto";
import { fixed, type HCLFunction } from "../evaluation/function.ts";
import { Unusable } from "../evaluation/value.ts";

const namespaces: Readonly<Record<string, string>> = {
  dns: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  url: "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
  oid: "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
  x500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
};

/** Functions of digests and of identifiers. */
export const hashFunctions: Readonly<Record<string, HCLFunction>> = {
  md5: digest("md5"),
  sha1: digest("sha1"),
  sha256: digest("sha256"),
  sha512: digest("sha512"),
  uuidv4: fixed([], (_, { host }) => uuid(host.randomBytes(16), 4)),
  uuidv5: fixed(["string", "string"], ([namespace, name]) => {
    const id = Object.hasOwn(namespaces, namespace) ? namespaces[namespace]! : namespace;
    if (!/^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(id)) {
      throw new Unusable(`a namespace is dns, url, oid, x500 or a UUID, not "${namespace.slice(0, 60)}"`, {
        parameter: 0,
      });
    }
    const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
    return uuid(createHash("sha1").update(bytes).update(name).digest().subarray(0, 16), 5);
  }),
};

function digest(algorithm: string): HCLFunction {
  return fixed(["string"], ([text], { budget }) => {
    budget.spendSize(text.length);
    return createHash(algorithm).update(text).digest("hex");
  });
}

function uuid(random: Uint8Array, version: number): string {
  const bytes = Buffer.from(random);
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
