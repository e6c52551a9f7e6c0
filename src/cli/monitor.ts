import { between, type Duration, formatGoDuration, nanoseconds, printable, seconds } from "../base/index.ts";
import type { AllocationListStub, Evaluation } from "../model/index.ts";
import { answered, CommandFailed, isRefusal } from "./command-failed.ts";
import type { Environment } from "./environment.ts";
import { goQuote } from "./format/go-quote.ts";
import { failedGroup, placementMetrics } from "./format/placement-metrics.ts";
import { printableLines } from "./format/printable.ts";
import { shortID } from "./format/quantities.ts";
import { type Finder, matchEvaluation } from "./matching.ts";

/** How often at most an evaluation is looked at when nothing changes. */
const pause: Duration = seconds(1);

interface Monitored extends Finder {
  readonly environment: Pick<Environment, "sleep" | "now" | "errors">;
}

/**
 * Tells what becomes of an evaluation until it has ended, and then of those that follow it. Resolves to the exit code:
 * 2 if the last of them could not place something. With `byPrefix` the beginning of an ID is enough.
 */
export async function monitor(
  session: Monitored,
  evaluationID: string,
  { verbose, byPrefix = false }: { readonly verbose: boolean; readonly byPrefix?: boolean },
): Promise<number> {
  try {
    const found = byPrefix ? await matchEvaluation(session, evaluationID, { verbose }) : { ID: evaluationID };
    return found === undefined ? 0 : await followChain(session, found.ID, verbose);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    session.environment.errors.write(`==> ${printableLines(error.message)}\n`);
    return 1;
  }
}

async function followChain(session: Monitored, first: string, verbose: boolean): Promise<number> {
  for (let next = first; ; ) {
    const story = new Story(session, verbose);
    const ended = await followOne(session, next, story);
    if (ended.NextEval === "") return isPlacementFailed(ended) ? 2 : 0;
    next = ended.NextEval;
    if (ended.Wait > 0) {
      story.announceNext(ended);
      await session.environment.sleep(nanoseconds(ended.Wait));
    }
  }
}

/** Looks at an evaluation until it has ended; the story tells what is new each time. */
async function followOne({ nomad, environment }: Monitored, id: string, story: Story): Promise<Evaluation> {
  for (let index = 0; ; ) {
    const askedAt = environment.now();
    const { value: evaluation, index: newIndex } = await nomad.evaluations
      .get(id, index > 0 ? { index, wait: pause } : {})
      .catch((error: unknown) => {
        throw isRefusal(error) ? new CommandFailed(`No evaluation with id ${goQuote(id)} found`) : error;
      });
    story.begin(evaluation);
    const { value: allocations } = await answered("Error reading allocations", nomad.evaluations.allocations(id));
    story.tell(evaluation, allocations ?? []);
    if (hasEnded(evaluation)) {
      story.conclude(evaluation);
      return evaluation;
    }
    // An agent that answers at once without news is not asked again at once.
    const rest = nanoseconds(pause - between(askedAt, environment.now()));
    if (newIndex <= index && rest > 0) await environment.sleep(rest);
    index = newIndex;
  }
}

/** What has been told of one evaluation, so that only what is new is told. */
class Story {
  readonly #say: (text: string) => void;
  readonly #verbose: boolean;
  readonly #told = new Map<string, AllocationListStub>();
  #status: string | undefined;

  constructor({ say }: Finder, verbose: boolean) {
    this.#say = say;
    this.#verbose = verbose;
  }

  begin(evaluation: Evaluation): void {
    if (this.#status !== undefined) return;
    this.#status = "pending";
    this.#headline(`Monitoring evaluation ${this.#id(evaluation.ID)}`);
    if (evaluation.NodeID !== "") this.#detail(`Evaluation triggered by node ${this.#id(evaluation.NodeID)}`);
    if (evaluation.JobID !== "") this.#detail(`Evaluation triggered by job ${goQuote(evaluation.JobID)}`);
  }

  tell(evaluation: Evaluation, allocations: readonly AllocationListStub[]): void {
    for (const allocation of allocations) {
      this.#tellAllocation(allocation, evaluation);
      this.#told.set(allocation.ID, allocation);
    }
    if (this.#status === evaluation.Status) return;
    this.#detail(`Evaluation status changed: ${goQuote(this.#status ?? "")} -> ${goQuote(evaluation.Status)}`);
    this.#status = evaluation.Status;
  }

  #tellAllocation(now: AllocationListStub, cause: Evaluation): void {
    const before = this.#told.get(now.ID);
    if (before === undefined) {
      const where = `node ${this.#id(now.NodeID)}, group ${goQuote(now.TaskGroup)}`;
      if (now.CreateIndex < cause.CreateIndex) this.#detail(`Allocation ${this.#id(now.ID)} modified: ${where}`);
      else if (now.DesiredStatus === "run") this.#detail(`Allocation ${this.#id(now.ID)} created: ${where}`);
      return;
    }
    if (before.ClientStatus === now.ClientStatus) return;
    const change = `${goQuote(before.ClientStatus)} -> ${goQuote(now.ClientStatus)}`;
    const reason = now.ClientDescription === "" ? "" : ` (${printable(now.ClientDescription)})`;
    this.#detail(`Allocation ${this.#id(now.ID)} status changed: ${change}${reason}`);
  }

  conclude(ended: Evaluation): void {
    const finished = `Evaluation ${this.#id(ended.ID)} finished with status ${goQuote(ended.Status)}`;
    if (!isPlacementFailed(ended)) {
      this.#headline(finished);
      return;
    }
    this.#headline(`${finished} but failed to place all allocations:`);
    for (const [group, metric] of Object.entries(ended.FailedTGAllocs)) {
      this.#detail(failedGroup(group, metric));
      for (const line of placementMetrics(metric, { indent: "  " }).split("\n")) this.#detail(line);
    }
    if (ended.BlockedEval === "") return;
    this.#detail(`Evaluation ${this.#id(ended.BlockedEval)} waiting for additional capacity to place remainder`);
  }

  announceNext({ NextEval, Wait }: Evaluation): void {
    this.#headline(`Monitoring next evaluation ${this.#id(NextEval)} in ${formatGoDuration(nanoseconds(Wait))}`);
  }

  #id(whole: string): string {
    return goQuote(shortID(whole, { whole: this.#verbose }));
  }

  #headline(text: string): void {
    this.#say(`==> ${text}`);
  }

  #detail(text: string): void {
    this.#say(`    ${text}`);
  }
}

function hasEnded({ Status }: Evaluation): boolean {
  return Status === "complete" || Status === "failed" || Status === "canceled";
}

function isPlacementFailed({ FailedTGAllocs }: Evaluation): boolean {
  return Object.keys(FailedTGAllocs ?? {}).length > 0;
}
