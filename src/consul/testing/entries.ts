import { seconds } from "../../base/index.ts";
import type { CheckEntry, ServiceEntry } from "../entries.ts";
import { checkID, serviceID } from "../ids.ts";

/** A service of a domain, with a check for each of `checks`, by name. */
export function someService(
  domain: string,
  name: string,
  fields: Partial<ServiceEntry> = {},
  checks: readonly string[] = [],
): ServiceEntry {
  const tags = fields.tags ?? [];
  const id = serviceID(domain, name, tags);
  const own = checks.map((check) => someCheck(id, check));
  return { id, name, tags, address: "10.0.0.1", port: 80, meta: {}, checks: own, ...fields };
}

function someCheck(service: string, name: string): CheckEntry {
  const identity = {
    ...{ Name: name, Type: "tcp", Command: "", Args: [], Path: "", Protocol: "", PortLabel: "" },
    ...{ Interval: seconds(10), Timeout: seconds(3) },
  };
  const how = { kind: "tcp", address: "10.0.0.1:80", interval: seconds(10), timeout: seconds(3) } as const;
  return { id: checkID(service, identity), name, how, status: () => "" };
}
