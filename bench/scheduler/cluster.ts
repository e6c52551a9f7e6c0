import { allAtOnce, instantOf, SeededRandom } from "../../src/base/index.ts";
import {
  type Allocation,
  allocation,
  canonicalizeJob,
  computedClass,
  evaluation,
  job,
  type Node,
  node,
  type Plan,
} from "../../src/model/index.ts";
import { schedule } from "../../src/scheduler/index.ts";
import { verifyPlan } from "../../src/server/leadership/verify-plan.ts";
import {
  allocationsClientUpdate,
  type Command,
  jobRegister,
  nodeRegister,
  type PlanResultsRequest,
  planResults,
  State,
  writeCommand,
} from "../../src/state/index.ts";
import { machine, submission, type Work } from "../placements/works.ts";

/** What is done for a placement, in this order. */
export const phases = ["schedule", "verify", "encode", "apply", "report"] as const;
type Phase = (typeof phases)[number];

/** Times of the processor in milliseconds: what else goes on at the machine does not count. */
export interface Placed {
  readonly placed: number;
  readonly spent: Readonly<Record<Phase, number>>;
  /** The longest time for which the scheduler looked at one evaluation. */
  readonly longest: number;
}

const at = Date.now() * 1e6;

/** Allocations of which an entry of the log tells. */
const reportedTogether = 1000;

/** What a client says of an allocation that runs. */
const running = allocation.parse({
  ClientStatus: "running",
  TaskStates: {
    server: {
      State: "running",
      StartedAt: "2026-11-23T00:00:00.123456789Z",
      Events: ["Received", "Task Setup", "Started"].map((Type, nth) => ({
        Type,
        Time: at + nth,
        DisplayMessage: Type,
      })),
    },
  },
});

/** A state with the machines of a work, and what is done to it. */
export class Cluster {
  readonly #state = new State();
  readonly #work: Work;
  readonly #nodes: readonly Node[];

  constructor(work: Work, present: number) {
    this.#work = work;
    this.#nodes = Array.from({ length: work.nodes }, (_, number) => {
      const given = node.parse({ ...machine(number + 1), Status: "ready" });
      return { ...given, ComputedClass: computedClass(given) };
    });
    for (const Node of this.#nodes) this.#apply(nodeRegister, { Node, Evals: [] });
    if (present > 0) this.#fill(present);
  }

  /** Registers all jobs, places what they want, has it run, and says what that took. */
  place(): Placed {
    const spent: Record<Phase, number> = { schedule: 0, verify: 0, encode: 0, apply: 0, report: 0 };
    const time = <Result>(phase: Phase, work: () => Result): Result => {
      const began = processorMs();
      const result = work();
      spent[phase] += processorMs() - began;
      return result;
    };
    const placed: Allocation[] = [];
    let reported = 0;
    let longest = 0;
    for (let number = 0; number < this.#work.jobs; number++) {
      const id = `job-${number}`;
      const Eval = this.#register(id);
      const view = this.#state.view();
      const before = spent.schedule;
      const { plan } = time("schedule", () =>
        schedule(view, Eval, { now: instantOf(at), random: new SeededRandom(id) }),
      );
      longest = Math.max(longest, spent.schedule - before);
      const { NodeUpdate, NodeAllocation } = time("verify", () => verifyPlan(view, plan));
      const request = { Job: plan.Job, EvalID: plan.EvalID, NodeUpdate, NodeAllocation };
      const entry = time("encode", () => writeCommand(planResults, request, { at }));
      time("apply", () => this.#state.apply({ index: view.index + 1, ...entry }));
      placed.push(...allocationsIn(plan));
      const isLast = number === this.#work.jobs - 1;
      while (placed.length - reported >= (isLast ? 1 : reportedTogether)) {
        const Allocs = placed.slice(reported, reported + reportedTogether).map(({ ID }) => ({ ...running, ID }));
        reported += Allocs.length;
        time("report", () => this.#apply(allocationsClientUpdate, { Allocs, Evals: [] }));
      }
    }
    return { spent, placed: placed.length, longest };
  }

  /** Allocations of other jobs, a thousand each, evenly on all machines: as the scheduler makes them, for the first of a job. */
  #fill(count: number): void {
    const perJob = 1_000;
    for (let placed = 0; placed < count; placed += perJob) {
      const id = `other-${placed / perJob}`;
      const Eval = this.#register(id, 1);
      const { plan } = schedule(this.#state.view(), Eval, { now: instantOf(at), random: new SeededRandom(id) });
      const random = new SeededRandom(`${id} more`);
      const [first] = allocationsIn(plan);
      const NodeAllocation: Record<string, Allocation[]> = {};
      for (let number = 0; first !== undefined && number < Math.min(perJob, count - placed); number++) {
        const { ID, Name } = this.#nodes[(placed + number) % this.#nodes.length] as Node;
        const row = { ...first, ID: random.uuid(), Name: `${id}.web[${number}]`, NodeID: ID, NodeName: Name };
        NodeAllocation[ID] = [...(NodeAllocation[ID] ?? []), row];
      }
      const request: PlanResultsRequest = { Job: plan.Job, EvalID: plan.EvalID, NodeUpdate: {}, NodeAllocation };
      this.#apply(planResults, request);
    }
  }

  #register(id: string, count = this.#work.count) {
    const Job = allAtOnce(canonicalizeJob(job.parse(submission(id, { ...this.#work, count }))));
    const Eval = evaluation.parse({
      ID: new SeededRandom(`${id} evaluation`).uuid(),
      Namespace: Job.Namespace,
      Priority: Job.Priority,
      Type: Job.Type,
      TriggeredBy: "job-register",
      JobID: id,
      Status: "pending",
    });
    this.#apply(jobRegister, { Job, Eval });
    return Eval;
  }

  #apply<Request>(command: Command<Request>, request: Request): void {
    this.#state.apply({ index: this.#state.view().index + 1, ...writeCommand(command, request, { at }) });
  }
}

function allocationsIn({ NodeAllocation }: Pick<Plan, "NodeAllocation">): readonly Allocation[] {
  return Object.values(NodeAllocation).flat();
}

/** What this thread has used of the processor, in milliseconds. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
