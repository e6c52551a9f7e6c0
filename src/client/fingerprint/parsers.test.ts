import assert from "node:assert";
import { test } from "node:test";
import { mountOf, parseMounts } from "../mounts.ts";
import { someConfig } from "../testing/client-config.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { cgroupFingerprint, controlGroupsIn } from "./cgroup.ts";
import { parseCpuInfo } from "./cpu.ts";
import { awsFacts } from "./env-aws.ts";
import { gceFacts } from "./env-gce.ts";
import { parseOsRelease } from "./host.ts";
import { addressesByInterface, chosenInterface } from "./interfaces.ts";
import { parseAnswer } from "./metadata-service.ts";

const fibTrie = `Main:
  +-- 0.0.0.0/0 3 0 5
Local:
  +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
  +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.2
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
        |-- 172.17.0.1
           /32 host LOCAL
        |-- 10.128.0.5
           /32 host LOCAL
`;
const routes = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`;

test("an address belongs to the interface of the narrowest route to it, the default route included", () => {
  assert.deepEqual(
    [...addressesByInterface(fibTrie, routes)],
    [
      ["lo", ["127.0.0.1"]],
      ["eth0", ["192.0.2.2", "10.128.0.5"]],
      ["docker0", ["172.17.0.1"]],
    ],
  );
});

test("the first interface that is up and leads outside is chosen, unless another is asked for", () => {
  const addresses = new Map([
    ["lo", ["127.0.0.1"]],
    ["tun0", ["10.0.0.1"]],
    ["eth1", ["192.0.2.3"]],
    ["eth0", ["192.0.2.2"]],
  ]);
  const interfaces = [
    { name: "eth1", index: 4, flags: 0x1003 },
    { name: "eth0", index: 3, flags: 0x1002 },
    { name: "lo", index: 1, flags: 0x9 },
    { name: "tun0", index: 2, flags: 0x1091 },
  ];
  assert.equal(chosenInterface(interfaces, addresses, "")?.name, "eth1");
  assert.equal(chosenInterface(interfaces, addresses, "lo")?.name, "lo");
  assert.equal(chosenInterface(interfaces, addresses, "wlan0"), undefined);
});

test("cores are counted, and the first one's frequency loses its fraction", () => {
  const text = "processor\t: 0\nmodel name\t: AMD EPYC\ncpu MHz\t\t: 2599.998\n\nprocessor\t: 1\ncpu MHz\t\t: 3000.0\n";
  assert.deepEqual(parseCpuInfo(text), { cores: 2, mhz: 2599, model: "AMD EPYC" });
  assert.deepEqual(parseCpuInfo(""), { cores: 0, mhz: undefined, model: undefined });
});

test("the directory of the version 1 controllers is the cgroup mount point, else the version 2 mount", () => {
  const v1 =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu";
  const v2 = "35 24 0:30 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw";
  assert.deepEqual(controlGroupsIn(v1), { mountpoint: "/sys/fs/cgroup", version: 1 });
  assert.deepEqual(controlGroupsIn(`${v2}\n${v1}`), { mountpoint: "/sys/fs/cgroup", version: 1 });
  assert.deepEqual(controlGroupsIn(v2), { mountpoint: "/sys/fs/cgroup/unified", version: 2 });
  assert.equal(controlGroupsIn(""), undefined);
});

test("the deepest mount holds a path, and of two at one place the later", () => {
  const mounts = parseMounts(
    "/dev/a / ext4 rw 0 0\n/dev/b /var ext4 rw 0 0\n/dev/c /var ext4 rw 0 0\n/dev/d /with\\040space ext4 rw 0 0\n",
  );
  assert.equal(mountOf(mounts, "/var/lib")?.device, "/dev/c");
  assert.equal(mountOf(mounts, "/variety")?.device, "/dev/a");
  assert.equal(mountOf(mounts, "/with space/x")?.device, "/dev/d");
  assert.equal(mountOf([], "/var"), undefined);
});

test("os-release is read with and without quotes", () => {
  const release = parseOsRelease('ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\n# comment\n');
  assert.deepEqual([release.get("ID"), release.get("VERSION_ID")], ["debian", "12"]);
});

test("a machine at Amazon gets attributes, a link and a second network", () => {
  const facts = awsFacts(
    new Map([
      ["ami-id", "ami-1"],
      ["instance-id", "i-1"],
      ["local-ipv4", "10.0.0.7"],
      ["instance-type", "m3.2xlarge"],
      ["placement/availability-zone", "us-west-2a"],
    ]),
  );
  assert.deepEqual(facts.attributes, {
    "unique.platform.aws.ami-id": "ami-1",
    "unique.platform.aws.instance-id": "i-1",
    "unique.platform.aws.local-ipv4": "10.0.0.7",
    "platform.aws.instance-type": "m3.2xlarge",
    "platform.aws.placement.availability-zone": "us-west-2a",
    "unique.network.ip-address": "10.0.0.7",
  });
  assert.deepEqual(facts.links, { "aws.ec2": "us-west-2a.i-1" });
  assert.deepEqual(
    facts.networks?.map(({ Device, CIDR, MBits }) => ({ Device, CIDR, MBits })),
    [{ Device: "eth0", CIDR: "10.0.0.7/32", MBits: 760 }],
  );
});

test("a machine at Google gets attributes, also of its networks and tags", () => {
  const facts = gceFacts({
    plain: new Map([
      ["id", "42"],
      ["zone", "projects/1/zones/us-central1-f"],
      ["scheduling/automatic-restart", "TRUE"],
    ]),
    networks: [
      { network: "projects/1/networks/default", ip: "10.240.0.5", accessConfigs: [{ externalIp: "1.2.3.4" }] },
    ],
    tags: ["web", "unique.mine"],
    attributes: { ghi: "111", "unique.abc": "x" },
  });
  assert.deepEqual(facts.attributes, {
    "unique.platform.gce.id": "42",
    "platform.gce.zone": "us-central1-f",
    "platform.gce.scheduling.automatic-restart": "TRUE",
    "platform.gce.network.default": "true",
    "unique.platform.gce.network.default.ip": "10.240.0.5",
    "unique.platform.gce.network.default.external-ip.0": "1.2.3.4",
    "platform.gce.tag.web": "true",
    "unique.platform.gce.tag.mine": "true",
    "platform.gce.attr.ghi": "111",
    "unique.platform.gce.attr.abc": "x",
  });
  assert.deepEqual(facts.links, { gce: "42" });
});

test("only a 200 of a metadata service is a value", () => {
  assert.equal(parseAnswer("HTTP/1.0 200 OK\r\nA: b\r\n\r\nami-1\n"), "ami-1");
  assert.equal(parseAnswer("HTTP/1.1 404 Not Found\r\n\r\nnope"), undefined);
  assert.equal(parseAnswer("garbage"), undefined);
});

test("control groups that come and go while the agent runs are told of, and taken back", async () => {
  const runtime = fakeRuntime();
  const fingerprint = cgroupFingerprint();
  const signal = new AbortController().signal;
  const detect = () =>
    fingerprint.detect({ config: someConfig(), runtime, log: runtime.log, allocationDirectory: "/", signal });
  assert.equal(await detect(), undefined);
  await runtime.disk.put("/proc/self/mountinfo", "35 24 0:30 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw");
  assert.deepEqual((await detect())?.attributes, {
    "unique.cgroup.mountpoint": "/sys/fs/cgroup",
    "unique.cgroup.version": "v2",
    "os.cgroups.version": "2",
  });
  await runtime.disk.put("/proc/self/mountinfo", "");
  assert.deepEqual(Object.values((await detect())?.attributes ?? {}), [undefined, undefined, undefined]);
  assert.equal(await detect(), undefined);
  assert.deepEqual(
    runtime.logged.map((line) => line.replace(/^.*: /, "")),
    ["cgroups are available", "cgroups are unavailable"],
  );
});
