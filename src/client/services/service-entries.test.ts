import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import { checkID } from "../../consul/index.ts";
import { resources, type Service, service as serviceSchema, type Task } from "../../model/index.ts";
import { someJob } from "../testing/makers.ts";
import { taskOffer } from "./service-entries.ts";

const granted = resources.parse({
  Networks: [
    {
      IP: "10.1.2.3",
      ReservedPorts: [{ Label: "admin", Value: 8080 }],
      DynamicPorts: [{ Label: "http", Value: 23_578 }],
    },
  ],
});

const domain = "executor-a-web";
const values: readonly Readonly<Record<string, string>>[] = [
  { NOMAD_PORT_http: "23578", NOMAD_TASK_NAME: "web" },
  { "node.datacenter": "dc1" },
];

function offer(...services: readonly Partial<Record<keyof Service, unknown>>[]) {
  const job = someJob({ tasks: [{ Services: services }] });
  const task = job.TaskGroups[0]?.Tasks[0] as Task;
  return taskOffer({ domain, task, resources: granted, values, marks: { mark: "1" }, lastStatus: () => "" });
}

test("a service has the id and address of 0.4.1, with its tags resolved", () => {
  const { services } = offer({ Name: "svc", Tags: ["a", "${NOMAD_PORT_http}"], PortLabel: "http", Meta: { k: "v" } });
  assert.deepEqual(services, [
    {
      ...{ id: "_nomad-executor-a-web-svc-a-23578", name: "svc", tags: ["a", "23578"] },
      ...{ address: "10.1.2.3", port: 23_578, meta: { k: "v", mark: "1" }, checks: [] },
    },
  ]);
});

test("a service without a port is nowhere in particular", () => {
  const [service] = offer({ Name: "svc" }).services;
  assert.deepEqual([service?.address, service?.port], ["", 0]);
});

test("a service for another catalogue is none for Consul", () => {
  assert.deepEqual(offer({ Name: "svc", Provider: "nomad" }), { services: [], scripts: [] });
});

test("checks ask where their service is, or at a port of their own", () => {
  const times = { Interval: 10e9, Timeout: 2e9 };
  const [service] = offer({
    Name: "svc",
    PortLabel: "http",
    Checks: [
      { Name: "h", Type: "http", Path: "/health?full=${NOMAD_TASK_NAME}", ...times },
      { Name: "s", Type: "http", Path: "health", Protocol: "https", PortLabel: "admin", ...times },
      { Name: "t", Type: "tcp", ...times, InitialStatus: "Passing" },
      { Name: "u", Type: "tcp", InitialStatus: "unknown" },
    ],
  }).services;
  const bounds = { interval: seconds(10), timeout: seconds(2) };
  assert.deepEqual(
    service?.checks.map(({ name, how, status }) => [name, how, status()]),
    [
      ["h", { kind: "http", url: "http://10.1.2.3:23578/health?full=web", ...bounds }, ""],
      ["s", { kind: "http", url: "https://10.1.2.3:8080/health", ...bounds }, ""],
      ["t", { kind: "tcp", address: "10.1.2.3:23578", ...bounds }, "passing"],
      ["u", { kind: "tcp", address: "10.1.2.3:23578", interval: seconds(10), timeout: seconds(10) }, ""],
    ],
  );
});

test("a script is run here, and Consul waits for it 31 seconds longer than its interval", () => {
  const check = {
    Name: "run",
    Type: "script",
    Command: "/bin/${NOMAD_TASK_NAME}",
    Args: ["${node.datacenter}"],
    Interval: 60e9,
  };
  const { services, scripts } = offer({ Name: "svc", PortLabel: "http", Checks: [check] });
  const [entry] = services[0]?.checks ?? [];
  const resolved = serviceSchema.parse({ Checks: [{ ...check, Command: "/bin/web", Args: ["dc1"] }] }).Checks[0];
  assert.equal(entry?.id, checkID("_nomad-executor-a-web-svc", resolved as never));
  assert.deepEqual(entry?.how, { kind: "ttl", ttl: seconds(91) });
  assert.deepEqual(scripts, [
    { id: entry?.id, command: "/bin/web", args: ["dc1"], interval: seconds(60), timeout: seconds(30) },
  ]);
});
