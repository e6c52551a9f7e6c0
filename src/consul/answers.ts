import { dictionary } from "../base/index.ts";
import type { KnownService } from "./entries.ts";

/**
 * Reads what Consul's agent answers. It is another program, of whatever version: what is not as expected is left out,
 * and nothing of it is trusted to be there.
 */

/** Services by their ids. */
export function servicesIn(answer: unknown): ReadonlyMap<string, KnownService> {
  const services = Object.entries(objectIn(answer)).flatMap(([key, value]) => {
    const fields = objectIn(value);
    const service: KnownService = {
      name: textIn(fields.Service),
      tags: textsIn(fields.Tags),
      address: textIn(fields.Address),
      port: portIn(fields.Port),
      meta: isObject(fields.Meta) ? textMapIn(fields.Meta) : undefined,
    };
    return service.name === "" ? [] : [[textIn(fields.ID) || key, service] as const];
  });
  return new Map(services);
}

/** For each check, by its id, the id of its service; empty for one of the node. */
export function checksIn(answer: unknown): ReadonlyMap<string, string> {
  const checks = Object.entries(objectIn(answer)).map(([key, value]) => {
    const fields = objectIn(value);
    return [textIn(fields.CheckID) || key, textIn(fields.ServiceID)] as const;
  });
  return new Map(checks);
}

/** Where the instances of a service are, each as `host:port`; those without an address or a port are none. */
export function addressesIn(answer: unknown): readonly string[] {
  return listIn(answer).flatMap((value) => {
    const fields = objectIn(value);
    const host = textIn(fields.ServiceAddress) || textIn(fields.Address);
    const port = portIn(fields.ServicePort);
    return host === "" || port === 0 ? [] : [hostAndPort(host, port)];
  });
}

/** What Consul's agent says of itself. */
export interface ConsulSelf {
  readonly isServer: boolean;
  readonly version: string;
  readonly revision: string;
  readonly datacenter: string;
  readonly nodeName: string;
}

export function selfIn(answer: unknown): ConsulSelf {
  const config = objectIn(objectIn(answer).Config);
  return {
    isServer: config.Server === true,
    version: textIn(config.Version),
    revision: textIn(config.Revision),
    datacenter: textIn(config.Datacenter),
    nodeName: textIn(config.NodeName),
  };
}

export function textsIn(value: unknown): readonly string[] {
  return listIn(value).filter((each) => typeof each === "string");
}

/** With brackets around what has colons of its own. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`;
}

function textMapIn(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(objectIn(value));
  return dictionary(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function portIn(value: unknown): number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 65_535 ? (value as number) : 0;
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
