import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Agents } from "./support/agents.ts";
import { eventually, freePorts } from "./support/nomad.ts";

/** Whether an agent's figures are what dashboards look for, as the real Prometheus sees them. */

const missing = ["prometheus", "promtool"].filter((program) => spawnSync(program, ["--version"]).status !== 0);
const skip = missing.length > 0 && `needs ${missing.join(" and ")} of Debian's package prometheus`;

const ofNode = ["node_id", "datacenter", "node_class", "node_pool", "node_status", "host"];
const ofTask = ["job", "task_group", "alloc_id", "task", "namespace", "host"];
const ofGroup = ["job", "task_group", "namespace", "host"];
const ofAgent = ["host"];

/** What dashboards ask for, by the labels that they tell apart by. */
const wanted: readonly (readonly [prefix: string, names: string, labels: readonly string[]])[] = [
  ["client_allocated", "cpu memory disk", ofNode],
  ["client_unallocated", "cpu memory disk network", ofNode],
  ["client_allocations", "running pending blocked terminal migrating", ofNode],
  ["client_tasks", "pending running dead", ofNode],
  ["client_allocs_cpu", "total_percent total_ticks allocated user system throttled_time throttled_periods", ofTask],
  ["client_allocs_memory", "rss allocated max_allocated swap", ofTask],
  ["client_host_cpu", "total user system idle total_percent total_ticks", [...ofNode, "cpu"]],
  ["client_host_memory", "total available used free", ofNode],
  ["client_host_disk", "size used available used_percent inodes_percent", [...ofNode, "disk"]],
  ["client", "uptime", ofNode],
  ["client_allocs", "running", ofTask],
  ["nomad_job_summary", "running queued complete failed lost starting", ofGroup],
  ["nomad_job_status", "running pending dead", ofAgent],
  ["nomad_broker", "total_ready total_unacked total_waiting total_blocked", ofAgent],
  ["nomad_blocked_evals", "total_blocked total_escaped", ofAgent],
  ["nomad_plan", "queue_depth evaluate submit apply", ofAgent],
  ["nomad_broker_service", "ready unacked", ofAgent],
  ["nomad_leader", "barrier reconcile", ofAgent],
  ["nomad_heartbeat", "active", ofAgent],
  ["nomad_rpc", "query request", ofAgent],
  ["nomad_worker", "dequeue_eval wait_for_index invoke_scheduler_service submit_plan send_ack", ofAgent],
  ["nomad_job", "register", ofAgent],
  ["nomad_client", "register update_status update_alloc get_client_allocs", ofAgent],
  ["nomad_fsm", "register_job register_node apply_plan_results update_eval alloc_client_update", ofAgent],
  ["raft", "apply commitTime appliedIndex lastIndex leader_dispatchLog state_leader fsm_apply", ofAgent],
  ["runtime", "alloc_bytes sys_bytes heap_objects num_goroutines gc_pause_ns total_gc_runs total_gc_pause_ns", ofAgent],
  ["serf_member", "join", ofAgent],
  ["memberlist", "gossip health_score", ofAgent],
  ["serf_queue", "Event Intent Query", ofAgent],
];

const job = `
  job "web" {
    datacenters = ["dc1"]
    group "app" {
      task "main" {
        driver = "raw_exec"
        config {
          command = "/bin/sleep"
          args = ["1000"]
        }
        resources {
          cpu = 50
          memory = 16
        }
      }
    }
  }`;

type Series = Readonly<Record<string, string>>;

test("the real Prometheus finds every name and label that dashboards query, and promtool nothing to complain of but names", {
  skip,
  timeout: 120_000,
}, async () => {
  const agents = await Agents.begin();
  const directory = await mkdtemp(join(tmpdir(), "nomad-prometheus-"));
  const [port = 0] = await freePorts(1);
  let prometheus: ReturnType<typeof spawn> | undefined;
  try {
    const agent = await agents.start({
      name: "one",
      settings: `
        server { enabled = true bootstrap_expect = 1 }
        client { enabled = true options { "driver.raw_exec.enable" = "1" "fingerprint.whitelist" = "" } network_interface = "lo" }
        telemetry { prometheus_metrics = true publish_node_metrics = true publish_allocation_metrics = true }`,
    });
    const file = await agents.file("web.nomad", job);
    await eventually("the node is ready", async () => {
      const nodes = await agent.get<readonly { readonly Status: string }[]>("/v1/nodes").catch(() => []);
      return nodes[0]?.Status === "ready" || undefined;
    });
    const { code, stderr } = await agent.nomad("run", "-detach", file);
    assert.equal(code, 0, stderr);
    const target = agent.address.replace("http://", "");
    await writeFile(
      join(directory, "prometheus.yml"),
      `scrape_configs:
  - job_name: nomad
    honor_labels: true
    scrape_interval: 1s
    scrape_timeout: 1s
    metrics_path: /v1/metrics
    params: { format: [prometheus] }
    static_configs: [{ targets: ["${target}"] }]
`,
    );
    const args = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", `--web.listen-address=127.0.0.1:${port}`];
    prometheus = spawn("prometheus", args, { cwd: directory, stdio: "ignore" });
    const absent = async () => missingOf(await seriesAt(`http://127.0.0.1:${port}`));
    let last: readonly string[] = ["everything"];
    await eventually(
      "all names are there",
      async () => {
        last = await absent().catch(() => last);
        return last.length === 0 || undefined;
      },
      40,
      250,
    ).catch((error: Error) => {
      throw new Error(`${error.message}, not ${last.join(", ")}`);
    });
    await checkText(`${agent.address}/v1/metrics?format=prometheus`);
  } finally {
    if (prometheus?.exitCode === null) {
      const exited = once(prometheus, "exit");
      prometheus.kill("SIGKILL");
      await exited;
    }
    await agents.dispose();
    await rm(directory, { recursive: true, force: true });
  }
});

/** The newest of all series that Prometheus has scraped. */
async function seriesAt(address: string): Promise<readonly Series[]> {
  const query = encodeURIComponent('{__name__=~"nomad_.+"}');
  const answer = await fetch(`${address}/api/v1/query?query=${query}`);
  const { data } = (await answer.json()) as {
    readonly data: { readonly result: readonly { readonly metric: Series }[] };
  };
  return data.result.map(({ metric }) => metric);
}

function missingOf(series: readonly Series[]): readonly string[] {
  return wanted.flatMap(([prefix, names, labels]) =>
    names.split(" ").flatMap((name) => {
      const full = `nomad_${prefix}_${name}`;
      const found = series.filter(({ __name__ }) => __name__ === full);
      if (found.length === 0) return [full];
      return labels.filter((label) => !found.some((each) => label in each)).map((label) => `${full}{${label}}`);
    }),
  );
}

/** Names are Nomad's, and not ours to choose: of all that promtool looks for, only what concerns them may be wrong. */
const aboutNames =
  /^nomad_\w+ (?:counter metrics should have "_total" suffix|metric names should be written in 'snake_case' not 'camelCase'|metric names should not contain abbreviated units|use base unit "\w+" instead of "\w+"|non-histogram and non-summary metrics should not have "_(?:count|sum)" suffix|non-counter metrics should not have "_total" suffix|metric name should not include type '\w+')$/;

async function checkText(url: string): Promise<void> {
  const answer = await fetch(url);
  assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await answer.text();
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  const remarks = `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
  assert.deepEqual(
    remarks.filter((line) => !aboutNames.test(line)),
    [],
  );
  assert.ok(status === 0 || (status === 3 && remarks.length > 0), `promtool ends with ${status}`);
}
