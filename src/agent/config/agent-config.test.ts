import assert from "node:assert/strict";
import { test } from "node:test";
import { type AgentConfig, agentConfig } from "./agent-config.ts";
import { settingsProblem } from "./check-settings.ts";
import { mergeSettings } from "./merge-settings.ts";
import { parseSettings } from "./parse-settings.ts";
import { defaultSettings } from "./settings.ts";

const machine = { hostName: "vm", processors: 3 };

/** Of an agent that is both, with what `text` says. */
function configOf(text: string): AgentConfig {
  const both = { DataDir: "/d", Server: { Enabled: true }, Client: { Enabled: true } };
  const settings = mergeSettings(defaultSettings, both, parseSettings(text, "a.hcl"));
  assert.equal(settingsProblem(settings), undefined);
  return agentConfig(settings, machine);
}

/** What a key is without a file, what a file says, and where it arrives. */
const keys: readonly (readonly [
  otherwise: unknown,
  text: string,
  value: unknown,
  at: (config: AgentConfig) => unknown,
])[] = [
  ["global", 'region = "eu"', "eu", ({ region }) => region],
  ["global", 'region = "eu"', "eu", ({ server }) => server?.region],
  ["global", 'region = "eu"', "eu", ({ client }) => client?.region],
  ["dc1", 'datacenter = "dc2"', "dc2", ({ datacenter }) => datacenter],
  ["dc1", 'datacenter = "dc2"', "dc2", ({ server }) => server?.datacenter],
  ["dc1", 'datacenter = "dc2"', "dc2", ({ client }) => client?.datacenter],
  ["vm", 'name = "n"', "n", ({ name }) => name],
  ["vm", 'name = "n"', "n", ({ server }) => server?.nodeName],
  ["vm", 'name = "n"', "n", ({ client }) => client?.nodeName],
  ["/d/server", 'data_dir = "/e"', "/e/server", ({ server }) => server?.dataDirectory],
  ["/d/client", 'data_dir = "/e"', "/e/client", ({ client }) => client?.stateDirectory],
  ["/d/alloc", 'data_dir = "/e/"', "/e/alloc", ({ client }) => client?.allocationDirectory],
  ["127.0.0.1:4646", 'bind_addr = "10.0.0.1"', "10.0.0.1:4646", ({ httpAddress }) => httpAddress],
  ["127.0.0.1:4646", 'addresses { http = "10.0.0.1" }', "10.0.0.1:4646", ({ httpAddress }) => httpAddress],
  ["127.0.0.1:4647", 'addresses { rpc = "10.0.0.1" }', "10.0.0.1:4647", ({ server }) => server?.rpcBind],
  ["127.0.0.1:4648", 'addresses { serf = "10.0.0.1" }', "10.0.0.1:4648", ({ server }) => server?.serfBind],
  ["127.0.0.1:4646", "ports { http = 1 }", "127.0.0.1:1", ({ httpAddress }) => httpAddress],
  ["127.0.0.1:4647", "ports { rpc = 1 }", "127.0.0.1:1", ({ server }) => server?.rpcBind],
  ["127.0.0.1:4648", "ports { serf = 1 }", "127.0.0.1:1", ({ server }) => server?.serfBind],
  ["127.0.0.1:4646", 'advertise { http = "10.0.0.1:1" }', "10.0.0.1:1", ({ client }) => client?.httpAddress],
  ["127.0.0.1:4647", 'advertise { rpc = "10.0.0.1:1" }', "10.0.0.1:1", ({ server }) => server?.rpcAddress],
  ["127.0.0.1:4648", 'advertise { serf = "10.0.0.1:1" }', "10.0.0.1:1", ({ server }) => server?.serfAddress],
  [undefined, 'http_api_response_headers { A = "b" }', "b", ({ responseHeaders }) => responseHeaders.A],
  [Number.POSITIVE_INFINITY, "limits { http_max_conns_per_client = 7 }", 7, (its) => its.connectionsPerAddress],
  [
    Number.POSITIVE_INFINITY,
    "limits { rpc_max_conns_per_client = 7 }",
    7,
    ({ server }) => server?.rpcConnectionsPerAddress,
  ],
  [0, "server { bootstrap_expect = 3 }", 3, ({ server }) => server?.bootstrapExpect],
  ["/d/server", 'server { data_dir = "/s" }', "/s", ({ server }) => server?.dataDirectory],
  [3, "server { num_schedulers = 5 }", 5, ({ server }) => server?.workers],
  [3, "server { num_schedulers = 0 }", 3, ({ server }) => server?.workers],
  [
    "batch system service _core",
    'server { enabled_schedulers = ["batch"] }',
    "batch",
    ({ server }) => server?.schedulers.join(" "),
  ],
  [86_400e9, 'server { node_gc_threshold = "1h" }', 3_600e9, ({ server }) => server?.nodeCollectionAge],
  [10e9, 'server { heartbeat_grace = "30s" }', 30e9, ({ server }) => server?.heartbeatGrace],
  [undefined, `server { encrypt = "${"A".repeat(22)}==" }`, 16, ({ server }) => server?.gossipKey?.length],
  ["/d/client", 'client { state_dir = "/s" }', "/s", ({ client }) => client?.stateDirectory],
  ["/d/alloc", 'client { alloc_dir = "/a" }', "/a", ({ client }) => client?.allocationDirectory],
  ["", 'client { servers = ["a", "b:1"] }', "a b:1", ({ client }) => client?.servers?.join(" ")],
  ["", 'client { node_class = "big" }', "big", ({ client }) => client?.nodeClass],
  [undefined, 'client { meta { rack = "r" } }', "r", ({ client }) => client?.meta.rack],
  [undefined, 'client { options { "a.b" = "c" } }', "c", ({ client }) => client?.options["a.b"]],
  ["", 'client { network_interface = "lo" }', "lo", ({ client }) => client?.networkInterface],
  [100, "client { network_speed = 1000 }", 1000, ({ client }) => client?.networkSpeedMbits],
  [30e9, 'client { max_kill_timeout = "1m" }', 60e9, ({ client }) => client?.maxKillTimeout],
  [0, "client { reserved { cpu = 1 } }", 1, ({ client }) => client?.reserved.cpuMHz],
  [0, "client { reserved { memory = 1 } }", 1, ({ client }) => client?.reserved.memoryMB],
  [0, "client { reserved { disk = 1 } }", 1, ({ client }) => client?.reserved.diskMB],
  [0, "client { reserved { iops = 1 } }", 1, ({ client }) => client?.reserved.iops],
  ["", 'client { reserved { reserved_ports = "1,3-4" } }', "1 3 4", ({ client }) => client?.reserved.ports.join(" ")],
  [60e9, 'client { gc_interval = "1s" }', 1e9, ({ client }) => client?.collection.interval],
  [2, "client { gc_parallel_destroys = 1 }", 1, ({ client }) => client?.collection.parallelDestroys],
  [80, "client { gc_disk_usage_threshold = 1 }", 1, ({ client }) => client?.collection.diskUsage],
  [70, "client { gc_inode_usage_threshold = 1 }", 1, ({ client }) => client?.collection.inodeUsage],
  [50, "client { gc_max_allocs = 1 }", 1, ({ client }) => client?.collection.maxAllocations],
  [1e9, 'telemetry { collection_interval = "5s" }', 5e9, ({ client }) => client?.statsInterval],
  [false, "telemetry { publish_node_metrics = true }", true, ({ client }) => client?.published.node],
  [false, "telemetry { publish_allocation_metrics = true }", true, ({ client }) => client?.published.allocations],
  ["nomad", 'consul { server_service_name = "s" }', "s", ({ consul }) => consul.joins],
  [true, "consul { server_auto_join = false }", false, ({ consul }) => consul.joins !== undefined],
  [4, "consul { auto_advertise = false }", 0, ({ consul }) => consul.advertised.length],
  [
    "nomad-client",
    'consul { client_service_name = "c" }',
    "c",
    ({ consul }) => consul.advertised.find(({ role }) => role === "client")?.name,
  ],
];

test("each key arrives where it is looked for, and nowhere without it", () => {
  const without = configOf("");
  for (const [otherwise, text, value, at] of keys) {
    assert.deepEqual([at(without), at(configOf(text))], [otherwise, value], text);
  }
});

test("a client alone looks for its servers by the name that Consul knows, unless it is not to", () => {
  const serviceOf = (text: string) => configOf(`server { enabled = false } ${text}`).client?.serverService;
  assert.equal(serviceOf(""), "nomad");
  assert.equal(serviceOf('consul { server_service_name = "s" }'), "s");
  assert.equal(serviceOf("consul { client_auto_join = false }"), undefined);
});

test("an agent is what it is told to be", () => {
  const { server, client } = configOf("client { enabled = false }");
  assert.deepEqual([server !== undefined, client], [true, undefined]);
});
