import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KnownService, ServiceEntry } from "./entries.ts";
import { domainOf } from "./ids.ts";
import { type KnownToConsul, type SyncPlan, syncPlan } from "./sync-plan.ts";
import { someService } from "./testing/entries.ts";

const nobody = () => false;

function known(services: readonly ServiceEntry[]): KnownToConsul {
  return {
    services: new Map(services.map((service) => [service.id, knownAs(service)])),
    checks: new Map(services.flatMap(({ id, checks }) => checks.map((check) => [check.id, id] as const))),
  };
}

function knownAs({ name, tags, address, port, meta }: ServiceEntry): KnownService {
  return { name, tags, address, port, meta };
}

/** What Consul has once all is done. */
function carriedOut(before: KnownToConsul, plan: SyncPlan): KnownToConsul {
  const services = new Map(before.services);
  const checks = new Map(before.checks);
  for (const id of plan.deregisterServices) {
    services.delete(id);
    for (const [check, of] of before.checks) if (of === id) checks.delete(check);
  }
  for (const id of plan.deregisterChecks) checks.delete(id);
  for (const service of plan.registerServices) services.set(service.id, knownAs(service));
  for (const { service, check } of plan.registerChecks) checks.set(check.id, service);
  return { services, checks };
}

const nothing: SyncPlan = { deregisterServices: [], deregisterChecks: [], registerServices: [], registerChecks: [] };

test("what is as it should be is left alone, in whatever order Consul keeps its tags", () => {
  const service = someService("d", "web", { tags: ["a", "b"] }, ["alive"]);
  const there = known([{ ...service, tags: ["b", "a"] }]);
  assert.deepEqual(syncPlan(new Map([["d", [service]]]), there, nobody), nothing);
});

test("a service that is elsewhere now is registered again, with its checks", () => {
  const service = someService("d", "web", {}, ["alive"]);
  const plan = syncPlan(new Map([["d", [service]]]), known([{ ...service, port: 81 }]), nobody);
  assert.deepEqual(plan.registerServices, [service]);
  assert.deepEqual(
    plan.registerChecks.map(({ check }) => check.name),
    ["alive"],
  );
});

test("a check that changed is replaced, and one that people added themselves stays", () => {
  const before = someService("d", "web", {}, ["old"]);
  const there = known([before]);
  const checks = new Map([...there.checks, [`_service_maintenance:${before.id}`, before.id]]);
  const after = someService("d", "web", {}, ["new"]);
  const plan = syncPlan(new Map([["d", [after]]]), { ...there, checks }, nobody);
  assert.deepEqual(plan, {
    ...nothing,
    deregisterChecks: [before.checks[0]?.id],
    registerChecks: [{ service: after.id, check: after.checks[0] }],
  });
});

test("of what nobody here wants, only that of our domains and what is abandoned goes", () => {
  const services = ["executor-a-web", "executor-a-gone", "executor-b-web", "server"].map((d) => someService(d, "s"));
  const there = known(services);
  const domains = new Map([["executor-a-web", []]]);
  const plan = syncPlan(domains, there, (id) => id.includes("gone"));
  assert.deepEqual(plan.deregisterServices, ["_nomad-executor-a-web-s", "_nomad-executor-a-gone-s"]);
});

const someDomain = fc.constantFrom("executor-a-web", "executor-a-web-x", "executor-b-db", "server");
const entries = fc.uniqueArray(
  fc
    .record({
      domain: someDomain,
      name: fc.constantFrom("web", "x-db", "db"),
      port: fc.integer({ min: 1, max: 3 }),
      tags: fc.uniqueArray(fc.constantFrom("a", "b")),
      checks: fc.uniqueArray(fc.constantFrom("one", "two")),
    })
    .map(({ domain, name, port, tags, checks }) => ({
      domain,
      service: someService(domain, name, { port, tags }, checks),
    })),
  { selector: ({ service }) => service.id },
);

test("property: once carried out there is nothing left to do, all that is wanted is there, and others' is as it was", () => {
  fc.assert(
    fc.property(entries, entries, fc.uniqueArray(someDomain), (before, wanted, empty) => {
      const domains = new Map<string, ServiceEntry[]>(empty.map((domain) => [domain, []]));
      for (const { domain, service } of wanted) domains.set(domain, [...(domains.get(domain) ?? []), service]);
      const there = known(before.map(({ service }) => service));
      const after = carriedOut(there, syncPlan(domains, there, nobody));
      assert.deepEqual(syncPlan(domains, after, nobody), nothing);
      for (const { service } of wanted) assert.equal(after.services.get(service.id)?.port, service.port);
      for (const [id, service] of there.services) {
        if (domainOf(id, domains) === undefined) assert.deepEqual(after.services.get(id), service);
      }
    }),
  );
});
