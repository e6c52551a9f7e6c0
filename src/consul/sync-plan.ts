import type { CheckEntry, KnownService, ServiceEntry } from "./entries.ts";
import { domainOf, isCheckID } from "./ids.ts";

/** What Consul's agent has. */
export interface KnownToConsul {
  readonly services: ReadonlyMap<string, KnownService>;
  /** For each check the service it is of. */
  readonly checks: ReadonlyMap<string, string>;
}

/** What is to be done so that Consul's agent has what it should. */
export interface SyncPlan {
  readonly deregisterServices: readonly string[];
  readonly deregisterChecks: readonly string[];
  readonly registerServices: readonly ServiceEntry[];
  readonly registerChecks: readonly { readonly service: string; readonly check: CheckEntry }[];
}

/**
 * Compares what each domain wants with what is there. Of what is there, only services of these domains are touched, those
 * that `isAbandoned` says were ours in an earlier life, and checks of our own services that we may have made.
 */
export function syncPlan(
  domains: ReadonlyMap<string, readonly ServiceEntry[]>,
  known: KnownToConsul,
  isAbandoned: (id: string, service: KnownService) => boolean,
): SyncPlan {
  const wanted = new Map([...domains.values()].flat().map((entry) => [entry.id, entry]));
  const isStale = (id: string, service: KnownService) =>
    !wanted.has(id) && (domainOf(id, domains) !== undefined || isAbandoned(id, service));
  const registerServices = [...wanted.values()].filter((entry) => !isSame(entry, known.services.get(entry.id)));
  // A check's address follows from its service's.
  const anew = new Set(registerServices.map(({ id }) => id));
  return {
    deregisterServices: [...known.services].filter(([id, service]) => isStale(id, service)).map(([id]) => id),
    deregisterChecks: [...known.checks].filter(([id, of]) => isStaleCheck(id, wanted.get(of))).map(([id]) => id),
    registerServices,
    registerChecks: [...wanted.values()].flatMap(({ id, checks }) =>
      checks
        .filter((check) => anew.has(id) || known.checks.get(check.id) !== id)
        .map((check) => ({ service: id, check })),
    ),
  };
}

function isStaleCheck(id: string, service: ServiceEntry | undefined): boolean {
  return service !== undefined && isCheckID(id) && !service.checks.some((check) => check.id === id);
}

/** Consul keeps tags in an order of its own. */
function isSame(entry: ServiceEntry, known: KnownService | undefined): boolean {
  if (known === undefined) return false;
  const tags = new Set(entry.tags);
  return (
    entry.name === known.name &&
    entry.port === known.port &&
    entry.address === known.address &&
    tags.size === new Set(known.tags).size &&
    known.tags.every((tag) => tags.has(tag)) &&
    hasMeta(entry, known)
  );
}

function hasMeta({ meta }: ServiceEntry, known: KnownService): boolean {
  return known.meta === undefined || Object.entries(meta).every(([key, value]) => known.meta?.[key] === value);
}
