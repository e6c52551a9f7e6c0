import { formatGoDuration, nanoseconds, seconds, wrappedProblems } from "../base/index.ts";
import type { Service, ServiceCheck } from "./task.ts";

const shortestTime = seconds(1);
/** RFC 1123, section 2.1. */
const nameForm = /^(?:[a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9])$/i;
const initialStatuses = ["", "unknown", "passing", "warning", "critical"];

/** What is wrong with the services of a task that has ports of the given labels. */
export function serviceProblems(services: readonly Service[], ports: ReadonlySet<string>): string[] {
  const seen = new Set<string>();
  const problems = services.flatMap((service, index) => {
    const own = wrappedProblems(
      `service[${index}] ${shown(service.Name)} validation failed:`,
      problemsOfService(service),
    );
    if (seen.has(service.Name)) own.push(`service ${shown(service.Name)} is duplicate`);
    seen.add(service.Name);
    return [...own, ...duplicateChecks(service)];
  });
  return [...problems, ...missingPorts(services, ports)];
}

function problemsOfService({ Name, PortLabel, Checks }: Service): string[] {
  const problems: string[] = [];
  if (!nameForm.test(Name)) {
    const rule = "can contain only alphanumeric characters or dashes and must be less than 63 characters long";
    problems.push(`service name must be valid per RFC 1123 and ${rule}: ${shown(Name)}`);
  }
  for (const check of Checks) {
    const needsPort = check.Type === "http" || check.Type === "tcp";
    const problem =
      PortLabel === "" && needsPort
        ? `check requires a port but the service ${shown(Name)} has no port`
        : checkProblem(check);
    if (problem !== undefined) problems.push(`check ${check.Name} invalid: ${problem}`);
  }
  return problems;
}

/** The first thing that is wrong with a check. */
function checkProblem({ Type, Path, Command, Timeout, Interval, InitialStatus }: ServiceCheck): string | undefined {
  const type = Type.toLowerCase();
  if (!["http", "tcp", "script"].includes(type)) {
    return `invalid type (${shown(Type)}), must be one of "http", "tcp", or "script" type`;
  }
  if (type === "http" && Path === "") return "http type must have a valid http path";
  if (type === "script" && Command === "") return "script type must have a valid script path";
  if (type !== "script" && Timeout !== 0 && Timeout < shortestTime) {
    return `timeout (${duration(Timeout)}) is lower than required minimum timeout ${duration(shortestTime)}`;
  }
  if (Interval !== 0 && Interval < shortestTime) {
    return `interval (${duration(Interval)}) can not be lower than ${duration(shortestTime)}`;
  }
  if (initialStatuses.includes(InitialStatus.toLowerCase())) return undefined;
  return `invalid initial check state (${InitialStatus}), must be one of "unknown", "passing", "warning", "critical" or empty`;
}

function duplicateChecks({ Checks }: Service): string[] {
  const seen = new Set<string>();
  return Checks.flatMap(({ Name }) => {
    if (seen.has(Name)) return [`check ${shown(Name)} is duplicate`];
    seen.add(Name);
    return [];
  });
}

function missingPorts(services: readonly Service[], ports: ReadonlySet<string>): string[] {
  const asking = services.filter(({ PortLabel }) => PortLabel !== "" && !ports.has(PortLabel));
  return [...Map.groupBy(asking, ({ PortLabel }) => PortLabel)].map(([label, users]) => {
    const names = users.map((service) => service.Name).join(", ");
    return `port label ${shown(label)} referenced by services ${names} does not exist`;
  });
}

function duration(value: number): string {
  return formatGoDuration(nanoseconds(value));
}

function shown(text: string): string {
  return JSON.stringify(text);
}
