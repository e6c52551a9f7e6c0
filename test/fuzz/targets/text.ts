import { rpcMethods } from "../../../src/api/index.ts";
import { formatHCL, HCLError, parseHCL } from "../../../src/hcl/index.ts";
import { parseJob } from "../../../src/jobspec/index.ts";
import { cronProblem, nextLaunch } from "../../../src/model/periodic.ts";
import { InvalidJSON, JSONReader } from "../../../src/wire/index.ts";
import { misshapen } from "../mutations.ts";
import type { Target } from "../target.ts";

const job = {
  Job: {
    ID: "web",
    Type: "batch",
    Datacenters: ["dc1"],
    Meta: { "<a>": "\u2028é\n" },
    Priority: 5e1,
    TaskGroups: [
      { Name: "g", Count: 1, Tasks: [{ Name: "t", Driver: "exec", Config: { command: "x" }, KillTimeout: 5e9 }] },
    ],
    Periodic: { Enabled: true, Spec: "*/5 * * * *", SpecType: "cron" },
  },
};

/** Bodies of HTTP requests: JSON, cut anywhere into slices, and what is made of it. */
export const jsonBodies: Target = {
  name: "json bodies",
  samples: [
    Buffer.from(JSON.stringify(job)),
    Buffer.from(JSON.stringify(job, undefined, 2)),
    Buffer.from('[1,-2.5e3,true,false,null,"\\u00e9\\ud83d\\ude00\\n",[[]],{"a":{}}]'),
  ],
  refusals: [InvalidJSON],
  feed(input, random) {
    const reader = new JSONReader(input);
    while (!reader.advance(1 + random.below(200)));
    rpcMethods.registerJob.request.safeParse(reader.value);
  },
};

/** The same, well-formed, saying what nobody would. */
export const httpBodies: Target = {
  name: "http bodies",
  samples: [Buffer.from(JSON.stringify(job))],
  refusals: [InvalidJSON],
  feed(input, random) {
    const reader = new JSONReader(input);
    reader.advance(Number.POSITIVE_INFINITY);
    const value = misshapen(reader.value, random);
    for (const { request } of [rpcMethods.registerJob, rpcMethods.planJob]) request.safeParse(value);
  },
};

const jobFile = `# a job
job "web" {
  datacenters = ["dc1"]
  constraint { attribute = "\${attr.arch}" value = "amd64" }
  constraint { distinct_property = "\${meta.rack}" value = 2 }
  constraint { attribute = "\${meta.zones}" set_contains_any = "a, b" }
  update { stagger = "30s" max_parallel = 1 }
  periodic { cron = "*/5 * * * *" }
  group "g" {
    count = 2
    task "t" {
      driver = "exec"
      config { command = "/bin/sh" args = ["-c", "echo \\"x\\" \\u00e9"] }
      env { A = <<EOF
text
EOF
      }
      resources { cpu = 20 memory = 16 network { mbits = 1 port "http" {} port "static" { static = 80 } } }
    }
  }
}
`;

/** Job files in HCL and in JSON. */
export const jobFiles: Target = {
  name: "job files",
  samples: [
    Buffer.from(jobFile),
    Buffer.from(
      `{"job":{"web":{"datacenters":["dc1"],"group":{"g":{"task":{"t":{"driver":"exec","config":{"command":"x"}}}}}}}}`,
    ),
  ],
  refusals: [HCLError],
  feed(input) {
    parseJob(input.toString(), "fuzz.nomad");
  },
};

const modernJobFile = `variable "tag" {
  type = string
  default = "v1"
  validation {
    condition = length(var.tag) > 1 && can(upper("x"))
    error_message = "no \${var.tag}"
  }
}
variable "ports" { type = map(object({ n = number, x = optional(list(string)) })) }
locals {
  a = { for k, v in var.ports : upper(k) => v.n... if v.n % 2 == 0 || !false }
  b = [for i, x in range(9) : format("%03d-%s", i * 2 - x, jsonencode(local.c[*].n))]
  c = values(var.ports)
}
job "web" {
  datacenters = try(split(",", var.dcs), ["dc\${1 + 2}"])
  group "g" {
    count = var.tag == "v1" ? 2 : -1
    task "t" {
      driver = "exec"
      config {
        command = "/bin/sh"
        args = ["\${NOMAD_PORT_http}", "$\${x}", "\${env["A"]}", merge({a = 1}, {b: [1, null]})["b"][0]]
      }
      env {
        B = <<-EOT
          %{ for k, v in var.ports ~}
          \${k}=\${jsonencode(v)} %{ if v.n > 1 }many%{ else }one%{ endif }
          %{ endfor ~}
        EOT
      }
      resources {
        network {
          dynamic "port" {
            for_each = var.ports
            iterator = p
            labels = [lower(p.key)]
            content { static = p.value.n + strlen(cidrhost("10.0.0.0/8", 5)) }
          }
        }
      }
    }
  }
}
`;

/** Job files of HCL 2, evaluated. */
export const modernJobFiles: Target = {
  name: "job files of hcl 2",
  samples: [
    Buffer.from(modernJobFile),
    Buffer.from(
      'locals { a = join(",", [for x in setproduct([1, 2], ["a"]) : "${x[0]}${x.1}"])\n b = "${local.a}${local.a}" }\njob "j" { name = local.b }',
    ),
    Buffer.from(
      'locals {\n x = replace(substr(base64encode(sha256("a")), 0, 4), "A", csvdecode("a,b\\n1,2")[0].b)\ny = formatdate("YYYY", timeadd("2030-01-31T12:00:00Z", "3h"))\n}\njob "j" {}',
    ),
  ],
  refusals: [HCLError],
  feed(input, random) {
    const inputs = {
      environment: {},
      files: [],
      assignments: ['ports={ a = { n = 1 }, b = { n = "2" } }'],
      strict: false,
    };
    const host = { randomBytes: (count: number) => Uint8Array.from({ length: count }, () => random.below(256)) };
    parseJob(input.toString(), "fuzz.nomad", { inputs, host, steps: 20_000 });
  },
};

/** Texts that are formatted, and formatted again, which must change nothing. */
export const formattedTexts: Target = {
  name: "formatting",
  samples: [Buffer.from(jobFile), Buffer.from(modernJobFile)],
  refusals: [HCLError],
  feed(input) {
    const formatted = formatHCL(input.toString(), "fuzz.hcl");
    if (formatHCL(formatted, "fuzz.hcl") !== formatted) throw new Error("formatting it again changes it");
  },
};

/** Configuration files. */
export const configFiles: Target = {
  name: "hcl",
  samples: [Buffer.from(jobFile), Buffer.from('server { enabled = true retry_join = ["a"] }\nports { http = 4646 }\n')],
  refusals: [HCLError],
  feed(input) {
    parseHCL(input.toString(), "fuzz.hcl");
  },
};

/** Cron lines: a problem is told, and what has none has a next launch or never one. */
export const cronLines: Target = {
  name: "cron",
  samples: [
    "*/5 * * * *",
    "0 0 LW,15W * friL,?",
    "0 3 1-5 jan,feb mon",
    "30 0 0 1 1 * *",
    "0 0 1 1 * 2030",
    "@daily",
    "0 0 L * 5#2",
  ].map((line) => Buffer.from(line)),
  refusals: [],
  feed(input) {
    const Spec = input.toString();
    if (cronProblem(Spec) !== undefined) return;
    nextLaunch({ Enabled: true, Spec, SpecType: "cron", ProhibitOverlap: false, TimeZone: "" }, 1.7e18);
  },
};
