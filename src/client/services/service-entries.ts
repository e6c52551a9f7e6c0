import { type Duration, nanoseconds, seconds } from "../../base/index.ts";
import { type CheckEntry, checkID, hostAndPort, type ServiceEntry, serviceID } from "../../consul/index.ts";
import type { Resources, Service, ServiceCheck, Task } from "../../model/index.ts";
import { interpolate, type Values } from "../task/interpolation.ts";

/** What a check without an interval or, of a script, without a timeout has. */
const usualInterval = seconds(10);
const usualScriptTimeout = seconds(30);
/** A script that is late, and then the agent that tells of it, has so much time before Consul takes it for lost. */
const scriptGrace = seconds(31);

/** A script that says how a service fares. */
export interface ScriptCheck {
  /** Of the check in Consul. */
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly interval: Duration;
  readonly timeout: Duration;
}

/** What a task's services come to: what Consul is to know, and what is to be run here. */
export interface TaskOffer {
  readonly services: readonly ServiceEntry[];
  readonly scripts: readonly ScriptCheck[];
}

/** What a task's services are made of. */
export interface OfferSource {
  readonly domain: string;
  readonly task: Task;
  /** What the task was granted: its ports are those here. */
  readonly resources: Resources | undefined;
  /** Where references are looked up. */
  readonly values: readonly Values[];
  /** What every service says of itself in Consul. */
  readonly marks: ServiceEntry["meta"];
  /** How the check of this id fared last; empty when it has not been run. */
  readonly lastStatus: (check: string) => string;
}

/** The services of a running task for Consul, with all references resolved. */
export function taskOffer(source: OfferSource): TaskOffer {
  // What other catalogues than Consul's are to be told is none of ours.
  const services = source.task.Services.filter(({ Provider }) => Provider === "" || Provider === "consul");
  const offers = services.map((service) => serviceOffer(service, source));
  return {
    services: offers.map(({ entry }) => entry),
    scripts: offers.flatMap(({ scripts }) => scripts),
  };
}

function serviceOffer(service: Service, source: OfferSource) {
  const resolved = (text: string) => interpolate(text, source.values);
  const tags = service.Tags.map(resolved);
  const name = resolved(service.Name);
  const id = serviceID(source.domain, name, tags);
  const place = placeOf(service.PortLabel, source.resources);
  const checks = service.Checks.map((check) => resolvedCheck(check, resolved));
  const meta = { ...service.Meta, ...source.marks };
  return {
    entry: { id, name, tags, ...place, meta, checks: checks.map((check) => checkEntry(id, service, check, source)) },
    scripts: checks.filter(isScript).map((check) => scriptOf(id, check)),
  };
}

function resolvedCheck(check: ServiceCheck, resolved: (text: string) => string): ServiceCheck {
  const { Name, Command, Args, Path, Protocol } = check;
  return {
    ...check,
    ...{ Name: resolved(Name), Command: resolved(Command), Args: Args.map(resolved) },
    ...{ Path: resolved(Path), Protocol: resolved(Protocol) },
  };
}

function checkEntry(service: string, { PortLabel }: Service, check: ServiceCheck, source: OfferSource): CheckEntry {
  const id = checkID(service, check);
  const { address, port } = placeOf(check.PortLabel || PortLabel, source.resources);
  const at = hostAndPort(address, port);
  return {
    id,
    name: check.Name,
    how: howOf(check, at),
    status: () => source.lastStatus(id) || initialStatusOf(check),
  };
}

/** Consul has no word for a status that is not known. */
function initialStatusOf({ InitialStatus }: ServiceCheck): string {
  const status = InitialStatus.toLowerCase();
  return status === "unknown" ? "" : status;
}

function howOf(check: ServiceCheck, at: string): CheckEntry["how"] {
  const interval = intervalOf(check);
  if (isScript(check)) return { kind: "ttl", ttl: nanoseconds(interval + scriptGrace) };
  // Consul has a timeout of its own for checks that have none.
  const timeout = check.Timeout > 0 ? nanoseconds(check.Timeout) : usualInterval;
  if (check.Type.toLowerCase() === "tcp") return { kind: "tcp", address: at, interval, timeout };
  const path = check.Path.startsWith("/") ? check.Path : `/${check.Path}`;
  return { kind: "http", url: `${check.Protocol || "http"}://${at}${path}`, interval, timeout };
}

function scriptOf(service: string, check: ServiceCheck): ScriptCheck {
  return {
    ...{ id: checkID(service, check), command: check.Command, args: check.Args, interval: intervalOf(check) },
    timeout: check.Timeout > 0 ? nanoseconds(check.Timeout) : usualScriptTimeout,
  };
}

function isScript({ Type }: ServiceCheck): boolean {
  return Type.toLowerCase() === "script";
}

function intervalOf({ Interval }: ServiceCheck): Duration {
  return Interval > 0 ? nanoseconds(Interval) : usualInterval;
}

/** Where a port of the task is; nowhere in particular for a service without one. */
function placeOf(label: string, resources: Resources | undefined): { readonly address: string; readonly port: number } {
  for (const { IP, ReservedPorts, DynamicPorts } of label === "" ? [] : (resources?.Networks ?? [])) {
    const port = [...ReservedPorts, ...DynamicPorts].find(({ Label }) => Label === label);
    if (port !== undefined) return { address: IP, port: port.Value };
  }
  return { address: "", port: 0 };
}
