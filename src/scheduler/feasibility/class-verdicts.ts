import { type Constraint, type Job, looksAtUnique, type Node, type TaskGroup } from "../../model/index.ts";
import type { Eligibility } from "../outcome.ts";
import { constraintsMet } from "./constraints.ts";
import { driversPresent } from "./drivers.ts";
import { type Check, firstReason } from "./prospect.ts";

const ineligible = "computed class ineligible";

/** Checks that give the same answer for all nodes of a class, unless one looks at what is unique to a node. */
interface ClassChecks {
  readonly checks: readonly Check<Node>[];
  readonly escaped: boolean;
  /** Why nodes of a class may not; undefined if they may. */
  readonly verdicts: Map<string, string | undefined>;
}

/**
 * Whether nodes may run a job's groups, as far as the nodes alone decide. Nodes of one computed class are alike, so one
 * verdict for a class is kept for all others of it; a cluster of thousands has a handful of classes.
 */
export class ClassVerdicts {
  readonly #job: ClassChecks;
  /** Of the groups that were asked about: a job may have very many. */
  readonly #groups = new Map<string, ClassChecks>();
  readonly #escaped: boolean;

  constructor(job: Job) {
    this.#job = classChecks([], job.Constraints);
    this.#escaped = this.#job.escaped || job.TaskGroups.some((group) => constraintsOf(group).some(looksAtUnique));
  }

  /** Why a node may not run a group of the job, by the job's constraints, the drivers, and the group's constraints. */
  check(group: TaskGroup): Check<Node> {
    const groupChecks = this.#groups.get(group.Name) ?? classChecks([driversPresent(group)], constraintsOf(group));
    this.#groups.set(group.Name, groupChecks);
    return (node) => whyNot(node, this.#job) ?? whyNot(node, groupChecks);
  }

  /** The reason behind what `check` said of a node of a class that was known already. */
  cause(group: TaskGroup, { ComputedClass }: Node, reason: string): string {
    if (reason !== ineligible) return reason;
    return this.#job.verdicts.get(ComputedClass) ?? this.#groups.get(group.Name)?.verdicts.get(ComputedClass) ?? reason;
  }

  /**
   * The classes that were seen, true for those that may run at least one of `groups`. A class nobody looked at is
   * missing: it may.
   */
  eligibility(groups: Iterable<string>): Eligibility {
    const wanted = [...groups].map((name) => this.#groups.get(name));
    const classes = new Map<string, boolean>();
    for (const [name, verdict] of this.#job.verdicts) {
      const mayRun = (checks: ClassChecks | undefined) => checks?.verdicts.get(name) === undefined;
      classes.set(name, verdict === undefined && wanted.some(mayRun));
    }
    return { classes, escaped: this.#escaped };
  }
}

function constraintsOf(group: TaskGroup): readonly Constraint[] {
  return [...group.Constraints, ...group.Tasks.flatMap((task) => task.Constraints)];
}

function classChecks(checks: readonly Check<Node>[], constraints: readonly Constraint[]): ClassChecks {
  return {
    checks: [...checks, ...constraintsMet(constraints)],
    escaped: constraints.some(looksAtUnique),
    verdicts: new Map(),
  };
}

function whyNot(node: Node, { checks, escaped, verdicts }: ClassChecks): string | undefined {
  const isClassless = escaped || node.ComputedClass === "";
  const known = isClassless ? undefined : verdicts.get(node.ComputedClass);
  if (known !== undefined) return ineligible;
  if (!isClassless && verdicts.has(node.ComputedClass)) return undefined;
  const reason = firstReason(node, checks);
  if (!isClassless) verdicts.set(node.ComputedClass, reason);
  return reason;
}
