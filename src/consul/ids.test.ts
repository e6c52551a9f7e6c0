import assert from "node:assert/strict";
import { test } from "node:test";
import { checkID, domainOf, serviceID, taskDomain } from "./ids.ts";

const check = {
  ...{ Name: "alive", Type: "http", Command: "", Args: [], Path: "/health", Protocol: "", PortLabel: "" },
  ...{ Interval: 10e9, Timeout: 2e9 },
};

test("a service's id is made of its domain, name and tags, as Nomad 0.4.1 makes it", () => {
  const domain = taskDomain("1d5c1af6-8a6b-7ad7-3b6c-6d9a4bd2e8b0", "t");
  const start = "_nomad-executor-1d5c1af6-8a6b-7ad7-3b6c-6d9a4bd2e8b0-t";
  assert.equal(serviceID(domain, "web-g-svc", ["a", "23578"]), `${start}-web-g-svc-a-23578`);
  assert.equal(serviceID(domain, "web-g-svc", []), `${start}-web-g-svc`);
  assert.equal(serviceID("server", "nomad", ["rpc"]), "_nomad-server-nomad-rpc");
});

test("a check's id is the SHA-1 of all that it is, in the order of Nomad 0.4.1", () => {
  // printf 's1alivehttp/health10s2s' | sha1sum
  assert.equal(checkID("s1", check), "5de7b1d34489b8727b982cf6fbd1d59a5ae37afd");
  const script = { ...check, Type: "script", Command: "/bin/check", Args: ["-x", "y"], Path: "", Interval: 90e9 };
  // printf 's1alivescript/bin/check-xy1m30s2s' | sha1sum
  assert.equal(checkID("s1", script), "c0dda6d7df0a500b8ed06c6c581a70a37ced53d9");
  assert.notEqual(checkID("s1", { ...check, PortLabel: "admin" }), checkID("s1", check));
});

test("a service belongs to the longest domain that its id begins with, and to nobody else", () => {
  const domains = new Set(["server", "executor-a-web", "executor-a-web-x"]);
  assert.equal(domainOf("_nomad-executor-a-web-svc", domains), "executor-a-web");
  assert.equal(domainOf("_nomad-executor-a-web-x-svc", domains), "executor-a-web-x");
  assert.equal(domainOf("_nomad-server-nomad-http", domains), "server");
  for (const id of [
    "_nomad-executor-b-web-svc",
    "_nomad-executor-a-webs-svc",
    "_nomad-client-nomad-client-http",
    "web",
    "",
  ]) {
    assert.equal(domainOf(id, domains), undefined, id);
  }
});
