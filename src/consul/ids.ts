import { createHash } from "node:crypto";
import { formatGoDuration } from "../base/index.ts";
import type { ServiceCheck } from "../model/index.ts";

/** What all services of Nomad begin with in Consul. */
const prefix = "_nomad-";

/** What a check is told apart by. */
export type CheckIdentity = Pick<
  ServiceCheck,
  "Name" | "Type" | "Command" | "Args" | "Path" | "Protocol" | "PortLabel" | "Interval" | "Timeout"
>;

/** The domain of a task's services: whose they are is in their ids. */
export function taskDomain(allocationID: string, task: string): string {
  return `executor-${allocationID}-${task}`;
}

/** A service's id in Consul, as Nomad 0.4.1 makes it: the same service has the same id in every life of an agent. */
export function serviceID(domain: string, name: string, tags: readonly string[]): string {
  return `${prefix}${domain}-${[name, ...tags].join("-")}`;
}

/**
 * A check's id in Consul, as Nomad 0.4.1 makes it: the SHA-1, in hexadecimal, of all that it is. A check that has
 * changed is another check.
 */
export function checkID(service: string, check: CheckIdentity): string {
  const hash = createHash("sha1");
  for (const part of [service, check.Name, check.Type, check.Command, ...check.Args]) hash.update(part);
  for (const part of [check.Path, check.Protocol, check.PortLabel]) hash.update(part);
  return hash.update(duration(check.Interval)).update(duration(check.Timeout)).digest("hex");
}

/** Whether a check may be one of ours: people can add checks of their own to any service. */
export function isCheckID(id: string): boolean {
  return /^[0-9a-f]{40}$/.test(id);
}

/** Whether a service is one of a task, of whatever agent. */
export function isTaskServiceID(id: string): boolean {
  return id.startsWith(`${prefix}executor-`);
}

/**
 * The domain among `domains` that a service belongs to; undefined when it is nobody's here. A task may be called as
 * another one is with something behind: the longest name is meant.
 */
export function domainOf(id: string, domains: { has(domain: string): boolean }): string | undefined {
  if (!id.startsWith(prefix)) return undefined;
  for (let end = id.lastIndexOf("-"); end > prefix.length; end = id.lastIndexOf("-", end - 1)) {
    const domain = id.slice(prefix.length, end);
    if (domains.has(domain)) return domain;
  }
  return undefined;
}

function duration(value: number): string {
  return formatGoDuration(value as Parameters<typeof formatGoDuration>[0]);
}
