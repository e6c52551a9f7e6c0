import assert from "node:assert/strict";
import { test } from "node:test";
import { resources } from "../../model/index.ts";
import type { TaskConfig } from "../driver.ts";
import { containerName, containerRequest, invalidServers } from "./container-request.ts";
import { type DockerConfig, dockerConfig } from "./docker-config.ts";

const network = {
  IP: "10.0.0.5",
  ReservedPorts: [{ Label: "db", Value: 5432 }],
  DynamicPorts: [{ Label: "http", Value: 20100 }],
};

function task(config: object, fields: object = {}): TaskConfig<DockerConfig> {
  return {
    allocationID: "a1",
    taskName: "web",
    config: dockerConfig.parse({ image: "redis:3.2", ...config }),
    env: { A: "1", B: "x=y" },
    directories: { shared: "/a/alloc", task: "/a/web", local: "/a/web/local", supervision: "/s" },
    resources: resources.parse({ CPU: 500, MemoryMB: 64 }),
    user: "",
    nodeID: "n1",
    ...fields,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the shape of the engine's request is what is looked into
const requested = (config: object, fields?: object): any =>
  containerRequest(task(config, fields), { binds: ["/a:/b"] });

test("a task becomes a container with its limits, without swap, and with our marks", () => {
  assert.deepEqual(requested({}), {
    Image: "redis:3.2",
    Env: ["A=1", "B=x=y"],
    User: "",
    Hostname: "",
    WorkingDir: "",
    Tty: false,
    OpenStdin: false,
    Labels: {
      "com.hashicorp.nomad.alloc_id": "a1",
      "com.hashicorp.nomad.task_name": "web",
      "com.hashicorp.nomad.node_id": "n1",
      "com.hashicorp.nomad.run": "/s",
    },
    ExposedPorts: {},
    HostConfig: {
      Memory: 67_108_864,
      MemorySwap: 67_108_864,
      CpuShares: 500,
      Binds: ["/a:/b"],
      PortBindings: {},
      Privileged: false,
      NetworkMode: "bridge",
      IpcMode: "",
      PidMode: "",
      UTSMode: "",
      Dns: [],
      DnsSearch: [],
      LogConfig: { Type: "local", Config: { "max-size": "64m", "max-file": "2", compress: "false" } },
    },
  });
});

const top: readonly (readonly [object, object])[] = [
  [{ image: "https://registry.example.com/app" }, { Image: "registry.example.com/app" }],
  [{ command: "sh", args: ["-c", "a b"] }, { Cmd: ["sh", "-c", "a b"] }],
  [{ args: ["--port", 80] }, { Cmd: ["--port", "80"] }],
  [{ hostname: "h" }, { Hostname: "h" }],
  [{ work_dir: "/srv" }, { WorkingDir: "/srv" }],
  [
    { tty: "true", interactive: 1 },
    { Tty: true, OpenStdin: true },
  ],
];
for (const [config, expected] of top) {
  test(`config ${JSON.stringify(config)} asks for ${JSON.stringify(expected)}`, () => {
    assert.partialDeepStrictEqual(requested(config), expected);
  });
}

const host: readonly (readonly [object, object])[] = [
  [{ network_mode: "host" }, { NetworkMode: "host" }],
  [
    { ipc_mode: "private", pid_mode: "host", uts_mode: "host" },
    { IpcMode: "private", PidMode: "host", UTSMode: "host" },
  ],
  [{ privileged: true }, { Privileged: true }],
  [{ dns_servers: ["8.8.8.8", "::1"], dns_search_domains: ["example.com"] }, { Dns: ["8.8.8.8", "::1"] }],
  [{ dns_servers: ["8.8.8.8", "nowhere", "300.1.1.1"] }, { Dns: ["8.8.8.8"] }],
  [{ dns_search_domains: ["example.com"] }, { DnsSearch: ["example.com"] }],
  [{ shm_size: 1_000_000 }, { ShmSize: 1_000_000 }],
];
for (const [config, expected] of host) {
  test(`config ${JSON.stringify(config)} asks the host for ${JSON.stringify(expected)}`, () => {
    assert.partialDeepStrictEqual(requested(config).HostConfig, expected);
  });
}

test("the user is the task's", () => {
  assert.equal(requested({}, { user: "1000:1000" }).User, "1000:1000");
});

test("memory beyond what is set aside is allowed where servers granted it", () => {
  const { HostConfig } = requested({}, { resources: resources.parse({ CPU: 100, MemoryMB: 64, MemoryMaxMB: 128 }) });
  const { Memory, MemorySwap, MemoryReservation } = HostConfig;
  assert.deepEqual([Memory, MemorySwap, MemoryReservation], [134_217_728, 134_217_728, 67_108_864]);
});

test("ports are published for TCP and UDP on the allocation's address, under the mapped number if there is one", () => {
  const granted = { resources: resources.parse({ CPU: 100, MemoryMB: 64, Networks: [network] }) };
  const { ExposedPorts, HostConfig } = requested({ port_map: [{ http: 80 }] }, granted);
  const at = (HostPort: string) => [{ HostIp: "10.0.0.5", HostPort }];
  assert.deepEqual(HostConfig.PortBindings, {
    "5432/tcp": at("5432"),
    "5432/udp": at("5432"),
    "80/tcp": at("20100"),
    "80/udp": at("20100"),
  });
  assert.deepEqual(Object.keys(ExposedPorts), ["5432/tcp", "5432/udp", "80/tcp", "80/udp"]);
});

test("two ports may lead to one port inside", () => {
  const granted = { resources: resources.parse({ CPU: 100, MemoryMB: 64, Networks: [network] }) };
  const { HostConfig } = requested({ port_map: [{ http: 80, db: 80 }] }, granted);
  const ports = HostConfig.PortBindings["80/tcp"].map(({ HostPort }: { HostPort: string }) => HostPort);
  assert.deepEqual(ports, ["5432", "20100"]);
});

test("ports cannot be mapped without a network", () => {
  const message = "Trying to map ports but no network interface is available";
  assert.throws(() => requested({ port_map: [{ http: 80 }] }), { name: "DriverStartError", message });
});

test("T37: a job's labels cannot stand in for ours", () => {
  const { Labels } = requested({ labels: [{ mine: 7, "com.hashicorp.nomad.alloc_id": "other" }] });
  assert.equal(Labels.mine, "7");
  assert.equal(Labels["com.hashicorp.nomad.alloc_id"], "a1");
});

test("DNS servers that are no addresses are known", () => {
  assert.deepEqual(invalidServers({ dns_servers: ["10.0.0.1", "fe80::1", "a.b", "1.2.3"] }), ["a.b", "1.2.3"]);
});

test("names of containers are unlike for tasks that are unlike, and such that the engine takes them", () => {
  const name = (taskName: string) => containerName({ taskName, allocationID: "a1" });
  assert.equal(name("web-1.x_y"), "web-1.x_y-a1");
  const odd = ["a b", "a/b", "a_b", "-a", "ä", "..", "a:b"].map(name);
  assert.equal(new Set(odd).size, odd.length);
  for (const each of odd) assert.match(each, /^[a-zA-Z0-9][a-zA-Z0-9_.-]+-a1$/);
});
