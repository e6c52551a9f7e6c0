import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Engine } from "../../../src/drivers/docker/engine.ts";
import { imageReference } from "../../../src/drivers/docker/image-reference.ts";
import { PullProgress } from "../../../src/drivers/docker/pull-progress.ts";
import { busyboxImage } from "../../../src/drivers/testing/busybox-image.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";
import { Agents, type TestAgent } from "../support/agents.ts";
import { noEngine, TestEngine } from "../support/docker-engine.ts";
import { noRegistry, registryUser, TestRegistry } from "../support/docker-registry.ts";

/** Images that a real engine pulls from real registries, one that is open and one that asks who comes. */

interface Event {
  readonly Type: string;
  readonly DriverError: string;
  readonly DriverMessage: string;
}
interface Seen {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly TaskStates: Readonly<Record<string, { readonly Events: readonly Event[] }>>;
}

const image = "nomad-test/registry:1";
const skip = noEngine() ?? noRegistry() ?? false;

describe("driver docker with real registries", { skip }, () => {
  const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
  let engine: TestEngine;
  let open: TestRegistry;
  let guarded: TestRegistry;
  let agents: Agents;
  let agent: TestAgent;
  let openName: string;
  let guardedName: string;
  let digest: string;

  before(async () => {
    engine = await TestEngine.start();
    open = await TestRegistry.start({ asks: false });
    guarded = await TestRegistry.start({ asks: true });
    await busyboxImage(runtime, image, engine.socket);
    openName = `${open.address}/team/open:1`;
    guardedName = `${guarded.address}/team/guarded:1`;
    digest = await open.hold(image, openName, engine.socket);
    await guarded.hold(image, guardedName, engine.socket);
    await engine.ask("DELETE", `/images/${image}?force=true`);
    agents = await Agents.begin();
    // The guarded registry's other name, by which only the operator knows it.
    const auth = Buffer.from(`${registryUser.username}:${registryUser.password}`).toString("base64");
    const logins = await agents.file(
      "logins.json",
      JSON.stringify({ auths: { [byOtherName(guarded.address)]: { auth } } }),
    );
    agent = await agents.start({
      name: "all",
      settings: `server { enabled = true bootstrap_expect = 1 }
        client { enabled = true network_interface = "lo" options {
          "docker.endpoint" = "unix://${engine.socket}"
          "docker.auth.config" = "${logins}"
        } }`,
    });
    await agent.seen<readonly { readonly Status: string }[]>("the node is ready", "/v1/nodes", (nodes) =>
      nodes.some(({ Status }) => Status === "ready"),
    );
  });
  after(async () => {
    await agents?.dispose();
    await open?.dispose();
    await guarded?.dispose();
    await engine?.dispose();
  });

  /** Runs a job of one task, of which one restart is allowed, until its allocation has come to its end. */
  async function ran(name: string, image: string, auth = ""): Promise<Seen> {
    const text = `job "${name}" {
      datacenters = ["dc1"] type = "batch"
      group "g" {
        restart { attempts = 1 interval = "1h" delay = "1s" mode = "fail" }
        task "t" {
          driver = "docker"
          config { image = "${image}" command = "echo" args = ["ran"] ${auth} }
          resources { cpu = 50 memory = 32 }
        }
      }
    }`;
    const { code, stdout, stderr } = await agent.nomad("run", "-detach", await agents.file(`${name}.nomad`, text));
    assert.equal(code, 0, stdout + stderr);
    const [seen] = await agent.seen<readonly Seen[]>(`${name} has ended`, `/v1/job/${name}/allocations`, (all) =>
      all.some(({ ClientStatus }) => ["complete", "failed"].includes(ClientStatus)),
    );
    return agent.get<Seen>(`/v1/allocation/${seen?.ID}`);
  }

  const events = ({ TaskStates }: Seen) => TaskStates.t?.Events ?? [];
  const types = (seen: Seen) => events(seen).map(({ Type }) => Type);
  const login = ({ username, password }: typeof registryUser) =>
    `auth { username = "${username}" password = "${password}" server_address = "${guarded.address}" }`;
  const succeeded = ["Received", "Driver", "Started", "Terminated"];

  test("an image is pulled by its tag, with an event that says so, and goes with its last task", async () => {
    const seen = await ran("tag", openName);
    assert.deepEqual([seen.ClientStatus, types(seen)], ["complete", succeeded]);
    assert.equal(events(seen)[1]?.DriverMessage, `Downloading image ${openName}`);
    assert.equal((await agent.nomad("logs", seen.ID, "t")).stdout, "ran\n");
    assert.deepEqual(JSON.parse(await engine.ask("GET", "/images/json")), []);
  });

  test("what a pull tells of its layers is counted", async (t) => {
    // What comes after pulls the image anew.
    t.after(() => engine.ask("DELETE", `/images/${openName}?force=true`));
    const progress = new PullProgress();
    const real = new Engine(runtime.clock, async () => runtime.http.client(engine.socket));
    const pull = real.pull({ ...imageReference(openName), login: undefined }, new AbortController().signal);
    for await (const message of pull) progress.hear(message);
    assert.match(progress.describe() ?? "", /^Pulled 1\/1 \((\d+\.\dMiB)\/\1\) layers$/);
  });

  test("an image is pulled by its digest", async () => {
    const name = `${open.address}/team/open@${digest}`;
    const seen = await ran("digest", name);
    assert.deepEqual([seen.ClientStatus, types(seen)], ["complete", succeeded]);
    assert.equal(events(seen)[1]?.DriverMessage, `Downloading image ${name}`);
  });

  test("a tag or a digest that the registry does not have is told of, and is not asked for again", async () => {
    for (const [name, part] of [
      ["no-tag", "open:2"],
      ["no-digest", `open@sha256:${"0".repeat(64)}`],
    ] as const) {
      const seen = await ran(name, `${open.address}/team/${part}`);
      assert.deepEqual(types(seen), ["Received", "Driver", "Driver Failure", "Not Restarting"]);
      assert.match(events(seen)[2]?.DriverError ?? "", /Failed to pull `.*`: .*(manifest unknown|not found)/);
    }
  });

  test("a registry that asks is told who the job is", async () => {
    const seen = await ran("guarded", guardedName, login(registryUser));
    assert.deepEqual([seen.ClientStatus, types(seen)], ["complete", succeeded]);
  });

  test("one that lets us not in is told of, and is not asked again, with a wrong password and with none", async () => {
    for (const [name, auth] of [
      ["stranger", ""],
      ["impostor", login({ ...registryUser, password: "wrong" })],
    ] as const) {
      const seen = await ran(name, guardedName, auth);
      assert.deepEqual(types(seen), ["Received", "Driver", "Driver Failure", "Not Restarting"]);
      assert.match(
        events(seen)[2]?.DriverError ?? "",
        /Failed to pull `.*`: .*(no basic auth credentials|unauthorized)/,
      );
    }
  });

  test("a registry that asks is told what stands in the operator's file of logins, whatever the job says", async () => {
    const seen = await ran("operator", byOtherName(guardedName), login({ ...registryUser, password: "wrong" }));
    assert.deepEqual([seen.ClientStatus, types(seen)], ["complete", succeeded]);
  });
});

function byOtherName(name: string): string {
  return name.replace("127.0.0.1", "localhost");
}
