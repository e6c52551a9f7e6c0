import type { MetricName } from "../runtime/index.ts";

/** Nouns that Nomad's metrics call otherwise than its methods do. */
const nouns: Readonly<Record<string, string>> = { Node: "client" };
const names: Readonly<Record<string, MetricName>> = {
  "Job.Summary": ["nomad", "job_summary", "get_job_summary"],
  "Eval.Finish": ["nomad", "eval", "ack"],
};

/** The timer of an RPC method under Nomad's name: `Node.UpdateStatus` is `nomad.client.update_status`. */
export function timerOf(method: string): MetricName {
  const [noun = "", verb = ""] = method.split(".");
  return names[method] ?? ["nomad", nouns[noun] ?? inSnakeCase(noun), inSnakeCase(verb)];
}

function inSnakeCase(name: string): string {
  return name.replace(/[a-z](?=[A-Z])/g, "$&_").toLowerCase();
}
