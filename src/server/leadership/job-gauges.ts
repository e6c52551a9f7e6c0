import type { Gauge } from "../../runtime/index.ts";
import type { StateView } from "../../state/index.ts";

const counted = ["Queued", "Complete", "Failed", "Running", "Starting", "Lost", "Unknown"] as const;
const summaryNames = new Map(counted.map((count) => [count, ["nomad", "job_summary", count.toLowerCase()]]));
const statusNames = {
  pending: ["nomad", "job_status", "pending"],
  running: ["nomad", "job_status", "running"],
  dead: ["nomad", "job_status", "dead"],
};

/** How the jobs stand, and the allocations of each of their groups; made as they are taken, for there may be very many. */
export function* jobGauges(view: StateView): Iterable<Gauge> {
  for (const { JobID, Namespace, Summary } of view.jobSummaries.all()) {
    for (const [group, counts] of Object.entries(Summary)) {
      const labels = { job: JobID, task_group: group, namespace: Namespace };
      for (const [count, name] of summaryNames) yield { name, value: counts[count], labels };
    }
  }
  const statuses = { pending: 0, running: 0, dead: 0 };
  for (const { Status } of view.jobs.all()) {
    if (Status in statuses) statuses[Status as keyof typeof statuses]++;
  }
  for (const [status, value] of Object.entries(statuses)) {
    yield { name: statusNames[status as keyof typeof statuses], value };
  }
}
