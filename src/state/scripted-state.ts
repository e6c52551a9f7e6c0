import {
  type Allocation,
  allocation,
  type Evaluation,
  evaluation,
  type Job,
  job,
  type Node,
  node,
} from "../model/index.ts";
import type { Command } from "./command.ts";
import { planResults } from "./commands/plan-results.ts";
import { encodeCommand } from "./log-entry.ts";
import { type Applied, State } from "./state.ts";
import { jobKey, type StateView } from "./view.ts";

/** A state that is fed commands one by one, as the log would: for tests. */
export class ScriptedState {
  readonly state = new State();
  #index = 0;

  get view(): StateView {
    return this.state.view();
  }

  /** Logs and applies a command at the next index. `at` in seconds since the epoch. */
  run<Request>(command: Command<Request>, request: Request, at = 0): Applied {
    this.#index += 1;
    return this.state.apply({ index: this.#index, data: encodeCommand(command, request, { at: at * 1e9 }) });
  }

  /** Places allocations of a stored job, as a plan for it would. */
  place(...allocations: readonly Allocation[]): Applied {
    const NodeAllocation = Object.fromEntries(allocations.map((placed) => [placed.ID, [placed]]));
    const Job = this.job(allocations[0]?.JobID ?? "") ?? null;
    return this.run(planResults, { Job, EvalID: "", NodeUpdate: {}, NodeAllocation });
  }

  /** Stops or evicts allocations. */
  stop(...allocations: readonly Allocation[]): Applied {
    const NodeUpdate = Object.fromEntries(allocations.map((stopped) => [stopped.ID, [stopped]]));
    return this.run(planResults, { Job: null, EvalID: "", NodeUpdate, NodeAllocation: {} });
  }

  job(id: string): Job | undefined {
    return this.view.jobs.get(jobKey("default", id));
  }

  node(id: string): Node | undefined {
    return this.view.nodes.get(id);
  }

  evaluation(id: string): Evaluation | undefined {
    return this.view.evaluations.get(id);
  }

  allocation(id: string): Allocation | undefined {
    return this.view.allocations.get(id);
  }

  /** The counters of one group that are not zero. */
  counted(jobID: string, group: string): Readonly<Record<string, number>> {
    const counts = this.view.jobSummaries.get(jobKey("default", jobID))?.Summary[group];
    return Object.fromEntries(Object.entries(counts ?? {}).filter(([, count]) => count !== 0));
  }
}

/** A job "web" with one group "app", unless `fields` say otherwise. */
export function aJob(fields: Readonly<Record<string, unknown>> = {}): Job {
  return job.parse({ ID: "web", Namespace: "default", Type: "service", TaskGroups: [{ Name: "app" }], ...fields });
}

/** A pending evaluation of the job "web", unless `fields` say otherwise. */
export function anEvaluation(fields: Readonly<Record<string, unknown>> = {}): Evaluation {
  return evaluation.parse({ ID: "e1", Namespace: "default", JobID: "web", Status: "pending", ...fields });
}

/** An allocation of group "app" of the job "web" that is to run on the node "n1", unless `fields` say otherwise. */
export function anAllocation(fields: Readonly<Record<string, unknown>> = {}): Allocation {
  return allocation.parse({
    ID: "a1",
    Namespace: "default",
    EvalID: "e1",
    NodeID: "n1",
    JobID: "web",
    TaskGroup: "app",
    DesiredStatus: "run",
    ClientStatus: "pending",
    ...fields,
  });
}

/** A ready node "n1", unless `fields` say otherwise. */
export function aNode(fields: Readonly<Record<string, unknown>> = {}): Node {
  return node.parse({ ID: "n1", Name: "one", Datacenter: "dc1", Status: "ready", ...fields });
}
