import assert from "node:assert";
import { test } from "node:test";
import { defaultSchedulerConfiguration } from "../../model/index.ts";
import { MemoryDisk } from "../../runtime/index.ts";
import { agentConfig } from "./agent-config.ts";
import { settingsProblem, settingsWarning } from "./check-settings.ts";
import { loadSettings, type SettingsSources } from "./load-settings.ts";
import { mergeSettings } from "./merge-settings.ts";
import { parseSettings } from "./parse-settings.ts";
import { parsePortRanges } from "./port-ranges.ts";
import { defaultSettings, devSettings, type PartialSettings } from "./settings.ts";

const never = { now: () => 0, at: () => () => {}, sleep: () => Promise.resolve() } as never;

async function diskWith(files: Readonly<Record<string, string>>): Promise<MemoryDisk> {
  const disk = new MemoryDisk(never);
  for (const [path, text] of Object.entries(files)) await disk.put(path, text);
  return disk;
}

function sources(...paths: readonly string[]): SettingsSources {
  return { dev: false, files: paths.map((given) => ({ given, path: `/${given}` })), flags: {} };
}

test("later sources win, lists are appended, maps and blocks are merged by key", () => {
  const first: PartialSettings = { Region: "eu", Client: { Meta: { a: "1", b: "1" }, Servers: ["s1"] } };
  const second: PartialSettings = { Client: { Meta: { b: "2" }, Servers: ["s2"], NodeClass: "big" } };
  const merged = mergeSettings(defaultSettings, first, second);
  assert.equal(merged.Region, "eu");
  assert.deepEqual(merged.Client.Meta, { a: "1", b: "2" });
  assert.deepEqual(merged.Client.Servers, ["s1", "s2"]);
  assert.equal(merged.Client.NodeClass, "big");
  assert.equal(merged.Datacenter, "dc1");
});

test("a later source can turn a flag off and set a number to 0", () => {
  const merged = mergeSettings(defaultSettings, { Server: { Enabled: true } }, { Server: { Enabled: false } });
  assert.equal(merged.Server.Enabled, false);
  assert.equal(mergeSettings(defaultSettings, { Consul: { AutoAdvertise: false } }).Consul.AutoAdvertise, false);
  assert.equal(mergeSettings(defaultSettings, { Client: { NetworkSpeed: 0 } }).Client.NetworkSpeed, 0);
});

test("keys that are names of the language's own are data", () => {
  const settings = parseSettings('client { meta { "__proto__" = "p" constructor = "c" } }', "a.hcl");
  const merged = mergeSettings(defaultSettings, settings);
  assert.equal(Object.hasOwn(merged.Client.Meta, "__proto__"), true);
  assert.equal(merged.Client.Meta.constructor, "c");
  assert.equal(({} as Record<string, unknown>).p, undefined);
});

test("servers are told as a list, as an object where the file says so, and in no other way", () => {
  const shapeOf = (...files: readonly string[]) => {
    const settings = mergeSettings(defaultSettings, devSettings, ...files.map((text) => parseSettings(text, "a.hcl")));
    return settingsProblem(settings) ?? agentConfig(settings, { hostName: "h", processors: 1 }).membersShape;
  };
  assert.equal(shapeOf(), "list");
  assert.equal(shapeOf('compat { agent_members = "object" }'), "object");
  assert.equal(shapeOf('compat { agent_members = "object" }', 'compat { agent_members = "list" }'), "list");
  assert.equal(shapeOf('compat { agent_members = "table" }'), 'compat.agent_members must be "list" or "object"');
});

test("every kind of key is read from HCL", () => {
  const settings = parseSettings(
    `region = "eu"
     ports { http = 1 rpc = 2 }
     advertise { rpc = "1.2.3.4:5" }
     leave_on_interrupt = true
     http_hosts = ["nomad.example.com"]
     http_api_response_headers { "X-Where" = "here" }
     limits { http_max_conns_per_client = 100 rpc_max_conns_per_client = 50 }
     compat { agent_members = "object" }
     consul { timeout = "7s" }
     telemetry { collection_interval = "3s" }
     server { enabled = true retry_join = ["a", "b"] heartbeat_grace = "30s" }
     client {
       enabled = true
       options { "driver.raw_exec.enable" = "1" }
       gc_interval = "10s" gc_max_allocs = 9 gc_disk_usage_threshold = 60
       artifact { http_max_size = "1GB" git_timeout = "5m" hg_timeout = "6m" decompression_file_count_limit = 7 }
       reserved { cpu = 500 reserved_ports = "22,8000-8002" }
     }`,
    "a.hcl",
  );
  assert.equal(settings.Region, "eu");
  assert.deepEqual(settings.Ports, { HTTP: 1, RPC: 2 });
  assert.deepEqual(settings.AdvertiseAddrs, { RPC: "1.2.3.4:5" });
  assert.equal(settings.LeaveOnInt, true);
  assert.deepEqual(settings.HTTPHosts, ["nomad.example.com"]);
  assert.deepEqual(settings.HTTPAPIResponseHeaders, { "X-Where": "here" });
  assert.deepEqual(settings.Limits, { HTTPMaxConnsPerClient: 100, RPCMaxConnsPerClient: 50 });
  assert.deepEqual(settings.Compat, { AgentMembers: "object" });
  assert.equal(settings.Consul?.Timeout, 7e9);
  assert.equal(settings.Telemetry?.CollectionInterval, "3s");
  assert.deepEqual(settings.Server?.RetryJoin, ["a", "b"]);
  assert.deepEqual(settings.Client?.Options, { "driver.raw_exec.enable": "1" });
  const { GCInterval, GCMaxAllocs, GCDiskUsageThreshold } = settings.Client ?? {};
  assert.deepEqual(settings.Client?.Artifact, {
    HTTPMaxSize: "1GB",
    GitTimeout: "5m",
    HgTimeout: "6m",
    DecompressionFileCountLimit: 7,
  });
  assert.deepEqual([GCInterval, GCMaxAllocs, GCDiskUsageThreshold], [10e9, 9, 60]);
  assert.deepEqual(settings.Client?.Reserved?.ParsedReservedPorts, [22, 8000, 8001, 8002]);
});

test("how schedulers are to begin is said in the server's block, in parts by several files", () => {
  const first = parseSettings(
    `server { default_scheduler_config {
       scheduler_algorithm = "spread"
       preemption_config { batch_scheduler_enabled = true }
     } }`,
    "a.hcl",
  );
  const second = parseSettings(
    "server { default_scheduler_config { memory_oversubscription_enabled = true } }",
    "b.hcl",
  );
  const settings = mergeSettings(defaultSettings, devSettings, first, second);
  assert.equal(settingsProblem(settings), undefined);
  const { server } = agentConfig(settings, { hostName: "h", processors: 1 });
  assert.deepEqual(server?.schedulerConfiguration, {
    ...defaultSchedulerConfiguration,
    SchedulerAlgorithm: "spread",
    MemoryOversubscriptionEnabled: true,
    PreemptionConfig: { ...defaultSchedulerConfiguration.PreemptionConfig, BatchSchedulerEnabled: true },
  });
  const usual = agentConfig(mergeSettings(defaultSettings, devSettings), { hostName: "h", processors: 1 });
  assert.equal(usual.server?.schedulerConfiguration, undefined);
  assert.throws(
    () => parseSettings("server { default_scheduler_config { algorithm = 1 } }", "a.hcl"),
    /server -> default_scheduler_config -> invalid key: algorithm/,
  );
});

test("T24: an agent goes by its name, the machine's, those it is reached at, and those that are listed", () => {
  const file = parseSettings(
    'name = "n1" bind_addr = "::1" advertise { http = "nomad-1.example:80" } http_hosts = ["nomad.example"]',
    "a.hcl",
  );
  const { hosts } = agentConfig(mergeSettings(defaultSettings, devSettings, file), {
    hostName: "vm.example",
    processors: 1,
  });
  assert.deepEqual(hosts, { own: ["n1", "vm.example", "[::1]", "nomad-1.example"], listed: ["nomad.example"] });
});

test("a file in JSON says the same as one in HCL", () => {
  const settings = parseSettings('{"region": "eu", "client": {"enabled": true, "meta": {"a": "b"}}}', "a.json");
  assert.equal(settings.Region, "eu");
  assert.deepEqual(settings.Client?.Meta, { a: "b" });
});

test("unknown keys are refused, with the nearest known one", async () => {
  const disk = await diskWith({ "/bad.hcl": "no_such_option = true\nregoin = 1\n" });
  await assert.rejects(loadSettings(disk, sources("bad.hcl")), (error: Error) => {
    assert.match(
      error.message,
      /^Error loading configuration from bad\.hcl: Error loading bad\.hcl: error parsing 'config': 2 error\(s\) occurred:\n\n\* config: invalid key: no_such_option\n\* config: invalid key: regoin/,
    );
    assert.match(error.message, /bad\.hcl:2:1: Did you mean "region"\?/);
    return true;
  });
});

test("what is wrong in a file is said with file and place", () => {
  assert.throws(() => parseSettings("server { enabled = ", "a.hcl"), /error parsing: At 1:\d+: /);
  assert.throws(() => parseSettings("server {}\nserver {}", "a.hcl"), /server -> only one 'server' block allowed/);
  assert.throws(
    () => parseSettings('telemetry { collection_interval = "zz" }', "a.hcl"),
    /error parsing value of "collection_interval": time: invalid duration "zz"/,
  );
  assert.throws(
    () => parseSettings('client { reserved { reserved_ports = "80-70" } }', "a.hcl"),
    /client -> reserved -> invalid range: starting value \(70\) less than ending \(80\) value/,
  );
});

test("a directory stands for its files in order, without editors' left-overs", async () => {
  const disk = await diskWith({
    "/d/b.json": '{"region": "from json"}',
    "/d/a.hcl": 'region = "from hcl"\ndatacenter = "dc9"',
    "/d/notes.txt": "not = read",
    "/d/.#a.hcl": "not = read",
    "/d/a.hcl~": "not = read",
  });
  const { settings } = await loadSettings(disk, sources("d"));
  assert.deepEqual([settings.Region, settings.Datacenter], ["from json", "dc9"]);
  assert.deepEqual(settings.Files, ["d/a.hcl", "d/b.json"]);
});

test("a path that is not there, and a directory with nothing in it, are said", async () => {
  const disk = await diskWith({ "/empty/notes.txt": "" });
  await assert.rejects(loadSettings(disk, sources("none.hcl")), {
    message: "Error loading configuration from none.hcl: stat none.hcl: no such file or directory",
  });
  assert.deepEqual((await loadSettings(disk, sources("empty"))).empty, ["empty"]);
});

test("flags go over files, and files over what -dev sets", async () => {
  const disk = await diskWith({ "/a.hcl": 'log_level = "WARN" region = "file"' });
  const { settings } = await loadSettings(disk, {
    dev: true,
    files: [{ given: "a.hcl", path: "/a.hcl" }],
    flags: { Region: "flag" },
  });
  assert.deepEqual([settings.LogLevel, settings.Region, settings.DevMode], ["WARN", "flag", true]);
  assert.equal(settings.Client.Options["driver.raw_exec.enable"], "true");
});

test("what files say of artifacts goes to the client before the options of the same names", () => {
  const Client = {
    Options: { "artifact.git_timeout": "1m", "artifact.hg_timeout": "2m" },
    Artifact: { GitTimeout: "9m" },
  };
  const settings = mergeSettings(defaultSettings, devSettings, { Client });
  const { client } = agentConfig(settings, { hostName: "h", processors: 1 });
  const { "artifact.git_timeout": git, "artifact.hg_timeout": hg } = client?.options ?? {};
  assert.deepEqual([git, hg], ["9m", "2m"]);
});

test("what keeps an agent from starting is said in the words users know", () => {
  const problem = (...parts: readonly PartialSettings[]) => settingsProblem(mergeSettings(defaultSettings, ...parts));
  assert.equal(problem(), "Must specify either server, client or dev mode for the agent.");
  assert.equal(problem({ Server: { Enabled: true } }), "Must specify data directory");
  assert.equal(
    problem({ Server: { Enabled: true }, DataDir: "rel" }),
    "data-dir must be given as an absolute path: got rel",
  );
  assert.equal(
    problem(devSettings, { Client: { StateDir: "rel/state" } }),
    "state-dir must be given as an absolute path: got rel/state",
  );
  assert.equal(
    problem({ Client: { Enabled: true } }),
    "Must specify both the state and alloc dir if data-dir is omitted.",
  );
  assert.equal(
    problem(devSettings, { Client: { GCDiskUsageThreshold: 101 } }),
    "client.gc_disk_usage_threshold must be between 0 and 100",
  );
  assert.equal(problem(devSettings, { Client: { GCParallelDestroys: 0 } }), "client.gc_parallel_destroys must be >= 1");
  assert.equal(
    problem(devSettings, { Client: { Artifact: { HTTPMaxSize: "much" } } }),
    'the client option "artifact.http_max_size" cannot be read: "much"',
  );
  assert.equal(
    problem({ Server: { RetryInterval: "zz" } }),
    'Error parsing retry interval: time: invalid duration "zz"',
  );
  assert.equal(
    problem(devSettings, { LogLevel: "loud" }),
    "Invalid log level: LOUD. Valid log levels are: [TRACE DEBUG INFO WARN ERR]",
  );
  assert.equal(problem({ Server: { Enabled: true }, DataDir: "/d" }), undefined);
  assert.equal(problem(devSettings), undefined);
  assert.equal(
    problem(devSettings, { AdvertiseAddrs: { RPC: "10.0.0.1" } }),
    'error resolving rpc advertise address: 10.0.0.1 has no port; write advertise { rpc = "host:port" }',
  );
  const encrypted = (EncryptKey: string) => problem({ Server: { Enabled: true, EncryptKey }, DataDir: "/d" });
  assert.equal(encrypted(Buffer.alloc(32).toString("base64")), undefined);
  assert.equal(
    encrypted("c2VjcmV0"),
    'Invalid encryption key: it has 6 bytes, and must have 16, 24 or 32; "nomad operator gossip keyring generate" makes one',
  );
  assert.match(encrypted("not a key") ?? "", /^Invalid encryption key: it is not base64; /);
  const protocol = (ProtocolVersion: number) => problem({ Server: { Enabled: true, ProtocolVersion }, DataDir: "/d" });
  assert.equal(protocol(1), undefined);
  assert.match(protocol(9) ?? "", /: Protocol version '9' too high\. Must be in range: \[1, 1\]$/);
  assert.match(protocol(-1) ?? "", /: Protocol version '-1' too low\. Must be in range: \[1, 1\]$/);
  assert.match(problem(devSettings, { Server: { Enabled: false } }) ?? "", /^A development agent needs its server/);
  assert.equal(
    problem(devSettings, { Server: { DefaultSchedulerConfig: { SchedulerAlgorithm: "x" } } }),
    'server.default_scheduler_config: invalid scheduler algorithm: "x"; there are binpack and spread',
  );
  assert.equal(
    problem(devSettings, { Ports: { HTTP: 70_000 } }),
    "Cannot listen on port 70000: ports.http must be between 0 and 65535",
  );
});

test("amounts and times below nothing are refused by the names of their keys", () => {
  const problem = (text: string) =>
    settingsProblem(mergeSettings(defaultSettings, devSettings, parseSettings(text, "a.hcl")));
  for (const key of ["bootstrap_expect", "num_schedulers", "retry_max"]) {
    assert.equal(problem(`server { ${key} = -1 }`), `server.${key} must be >= 0`);
  }
  for (const key of ["heartbeat_grace", "node_gc_threshold"]) {
    assert.equal(problem(`server { ${key} = "-1s" }`), `server.${key} must be >= 0`);
  }
  assert.equal(problem('client { max_kill_timeout = "-1s" }'), "client.max_kill_timeout must be >= 0");
  assert.equal(problem("client { network_speed = -1 }"), "client.network_speed must be >= 0");
  for (const key of ["cpu", "memory", "disk", "iops"]) {
    assert.equal(problem(`client { reserved { ${key} = -1 } }`), `client.reserved.${key} must be >= 0`);
  }
  assert.equal(problem('server { retry_interval = "0s" }'), "server.retry_interval must be greater than 0");
  assert.equal(problem('server { retry_interval = "" }'), undefined, "as if not said");
});

test("bootstrapping alone is warned of", () => {
  const settings = mergeSettings(defaultSettings, { Server: { Enabled: true, BootstrapExpect: 1 } });
  assert.match(settingsWarning(settings) ?? "", /^WARNING: Bootstrap mode enabled!/);
  assert.equal(settingsWarning(defaultSettings), undefined);
});

test("port lists hold single ports and ranges", () => {
  assert.deepEqual(parsePortRanges("22,80, 8500-8502,80"), { ok: true, ports: [22, 80, 8500, 8501, 8502] });
  assert.deepEqual(parsePortRanges("80,,81"), { ok: false, reason: "can't specify empty port" });
  for (const wrong of ["x", "1-2-3", "70000", "-5", "1.5"]) assert.equal(parsePortRanges(wrong).ok, false, wrong);
});

test("where figures and the log are sent must be places", () => {
  const problemOf = (settings: PartialSettings) =>
    settingsProblem(mergeSettings(defaultSettings, { DevMode: true, Server: { Enabled: true }, ...settings }));
  assert.equal(problemOf({ EnableSyslog: true, SyslogFacility: "local7" }), undefined);
  assert.equal(
    problemOf({ EnableSyslog: true, SyslogFacility: "FOO" }),
    "Syslog setup failed: invalid syslog facility: FOO",
  );
  assert.equal(problemOf({ SyslogFacility: "FOO" }), undefined, "it is not used");
  assert.equal(problemOf({ Telemetry: { StatsdAddr: "127.0.0.1:8125", StatsiteAddr: "[::1]:8125" } }), undefined);
  assert.equal(
    problemOf({ Telemetry: { StatsdAddr: "statsd" } }),
    'Error initializing telemetry: address statsd has no port; write telemetry { statsd_address = "host:port" }',
  );
  assert.equal(problemOf({ Telemetry: { PrefixFilter: ["+nomad.raft", "-nomad", ""] } }), undefined);
  assert.equal(
    problemOf({ Telemetry: { PrefixFilter: ["-nomad", "nomad.raft"] } }),
    'telemetry.prefix_filter: "nomad.raft" begins neither with + nor with -',
  );
  assert.equal(
    problemOf({ Telemetry: { CollectionInterval: "0s" } }),
    "telemetry.collection_interval must be greater than 0",
  );
});
