import type { MetricName } from "../runtime/index.ts";

/** What Nomad's metrics call the commands of the log. */
const known: Readonly<Record<string, string>> = {
  "allocations client update": "alloc_client_update",
  "evaluations delete": "delete_eval",
  "evaluations update": "update_eval",
  "job deregister": "deregister_job",
  "job register": "register_job",
  "node deregister": "deregister_node",
  "node drain": "node_drain_update",
  "node eligibility": "node_eligibility_update",
  "node register": "register_node",
  "node status": "node_status_update",
  "plan results": "apply_plan_results",
  "scheduler configure": "apply_scheduler_config",
  "summaries reconcile": "reconcile_summaries",
};

const timers = new Map<string, MetricName>();

/** The timer of what a command does to the state, under Nomad's name if it has one. */
export function fsmTimer(command: string): MetricName {
  const timer = timers.get(command) ?? ["nomad", "fsm", known[command] ?? command.replaceAll(" ", "_")];
  timers.set(command, timer);
  return timer;
}
