import assert from "node:assert";
import { test } from "node:test";
import { dictionary } from "../../base/index.ts";
import { resources as resourcesSchema } from "../../model/index.ts";
import { someAllocation, someJob, someNode } from "../testing/makers.ts";
import { type EnvironmentSource, environmentProblem, inheritedVariables, taskEnvironment } from "./environment.ts";

function source(fields: Partial<EnvironmentSource> = {}, task: Record<string, unknown> = {}): EnvironmentSource {
  const job = someJob({
    ID: "demo-env",
    Name: "demo-env",
    Meta: { owner: "demo", tier: "job" },
    TaskGroups: [
      {
        Name: "grp",
        Meta: { tier: "web" },
        Tasks: [{ Name: "main", Driver: "raw_exec", Meta: { role: "main" }, ...task }],
      },
    ],
  });
  const group = job.TaskGroups[0]!;
  return {
    node: someNode(),
    region: "global",
    allocation: someAllocation({ Job: job, TaskGroup: "grp", Name: "demo-env.grp[3]", ID: "the-id" }),
    job,
    group,
    task: group.Tasks[0]!,
    resources: resourcesSchema.parse({
      CPU: 20,
      MemoryMB: 12,
      Networks: [{ IP: "127.0.0.1", DynamicPorts: [{ Label: "http", Value: 28560 }] }],
    }),
    directories: { shared: "/a/alloc", local: "/a/main/local", secrets: "/a/main/secrets" },
    portsInside: new Map(),
    inherited: dictionary([["PATH", "/bin"]]),
    ...fields,
  };
}

test("a task gets its ids, its limits, its directories, its ports and its meta", () => {
  assert.deepEqual(taskEnvironment(source()), {
    PATH: "/bin",
    NOMAD_META_owner: "demo",
    NOMAD_META_tier: "web",
    NOMAD_META_role: "main",
    NOMAD_META_OWNER: "demo",
    NOMAD_META_TIER: "web",
    NOMAD_META_ROLE: "main",
    NOMAD_ALLOC_DIR: "/a/alloc",
    NOMAD_TASK_DIR: "/a/main/local",
    NOMAD_SECRETS_DIR: "/a/main/secrets",
    NOMAD_MEMORY_LIMIT: "12",
    NOMAD_CPU_LIMIT: "20",
    NOMAD_ALLOC_ID: "the-id",
    NOMAD_ALLOC_NAME: "demo-env.grp[3]",
    NOMAD_ALLOC_INDEX: "3",
    NOMAD_TASK_NAME: "main",
    NOMAD_GROUP_NAME: "grp",
    NOMAD_JOB_ID: "demo-env",
    NOMAD_JOB_NAME: "demo-env",
    NOMAD_NAMESPACE: "default",
    NOMAD_DC: "dc1",
    NOMAD_REGION: "global",
    NOMAD_IP_http: "127.0.0.1",
    NOMAD_PORT_http: "28560",
    NOMAD_HOST_PORT_http: "28560",
    NOMAD_ADDR_http: "127.0.0.1:28560",
  });
});

test("the job's env sees the node and Nomad's variables, but not its own others, and wins over all", () => {
  const environment = taskEnvironment(
    source(
      {},
      {
        Env: {
          PATH: "/mine",
          NOMAD_DC: "elsewhere",
          KERNEL: "${attr.kernel.name} in ${node.datacenter}",
          TASK: "${NOMAD_TASK_NAME}",
          OTHER: "${TASK} $TASK ${nothing.here}",
        },
      },
    ),
  );
  assert.equal(environment.PATH, "/mine");
  assert.equal(environment.NOMAD_DC, "elsewhere");
  assert.equal(environment.KERNEL, "linux in dc1");
  assert.equal(environment.TASK, "main");
  assert.equal(environment.OTHER, "${TASK} $TASK ${nothing.here}");
});

test("T52: names such as __proto__ in env and meta are only names", () => {
  const task = JSON.parse('{"Env": {"__proto__": "a", "constructor": "${constructor}"}}');
  const environment = taskEnvironment(source({}, task));
  assert.equal(Object.getOwnPropertyDescriptor(environment, "__proto__")?.value, "a");
  assert.equal(environment.constructor, "${constructor}");
});

test("each of the agent's credentials is kept from tasks (T22, GH-7131)", () => {
  const credentials = [
    ...["CONSUL_TOKEN", "CONSUL_HTTP_TOKEN", "CONSUL_HTTP_AUTH", "VAULT_TOKEN", "VAULT_ADDR", "ATLAS_TOKEN"],
    ...["NOMAD_TOKEN", "NOMAD_HTTP_AUTH", "NOMAD_LICENSE", "GITHUB_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS"],
    ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GOOGLE_CREDENTIALS"],
    ...["AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET", "ARM_ACCESS_KEY"],
  ];
  for (const name of credentials)
    assert.deepEqual({ ...inheritedVariables(dictionary([[name, "canary"]]), undefined) }, {}, name);
});

test("what looks like a credential is not inherited, unless the operator gives a list", () => {
  const agent = dictionary(
    ["HOME", "GITHUB_TOKEN", "VAULT_ADDR", "CONSUL_HTTP_AUTH", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"].map(
      (name) => [name, "x"] as const,
    ),
  );
  assert.deepEqual(Object.keys(inheritedVariables(agent, undefined)), ["HOME", "AWS_REGION"]);
  assert.deepEqual(Object.keys(inheritedVariables(agent, ["HOME", "AWS_REGION"])), [
    "GITHUB_TOKEN",
    "VAULT_ADDR",
    "CONSUL_HTTP_AUTH",
    "AWS_SECRET_ACCESS_KEY",
  ]);
});

test("variables that no program can be given are named", () => {
  assert.equal(environmentProblem({ A: "fine" }), undefined);
  assert.match(environmentProblem({ "A=B": "x" }) ?? "", /invalid name/);
  assert.match(environmentProblem({ A: "x\0y" }) ?? "", /"A" holds a null character/);
});

test("a task that may use more memory than is set aside for it knows both", () => {
  const granted = resourcesSchema.parse({ MemoryMB: 12, MemoryMaxMB: 40 });
  const { NOMAD_MEMORY_LIMIT, NOMAD_MEMORY_MAX_LIMIT } = taskEnvironment(source({ resources: granted }));
  assert.deepEqual([NOMAD_MEMORY_LIMIT, NOMAD_MEMORY_MAX_LIMIT], ["12", "40"]);
});

test("a task that knows a port by another number than the host has that number, and the host's beside it", () => {
  const environment = taskEnvironment(source({ portsInside: new Map([["http", 80]]) }));
  assert.deepEqual(
    ["IP", "PORT", "HOST_PORT", "ADDR"].map((name) => environment[`NOMAD_${name}_http`]),
    ["127.0.0.1", "80", "28560", "127.0.0.1:80"],
  );
});
