/** What has a say in whether a job runs, besides room on nodes: the job itself, its evaluations, and the nodes that get no work. */
import { type Instant, instantOf, seconds } from "../../base/index.ts";
import {
  type Evaluation,
  isPeriodic,
  isReady,
  isTerminalEvaluation,
  type Job,
  type Node,
  nextLaunch,
  type Remark,
} from "../../model/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";
import { counted, lasting, listed, shortID } from "./words.ts";

/** An evaluation that has waited for so long to be looked at waits for something out of the ordinary. */
const longWait = seconds(10);

/** Why a job is not one that is placed at all; undefined if it is. */
export function notPlacedAtAll(job: Job, view: StateView, now: Instant): Remark | undefined {
  if (job.Stop) return { Kind: "stopped", Text: "It was stopped; run it again to have it back" };
  if (job.Periodic === null) return undefined;
  const next = isPeriodic(job) ? nextLaunch(job.Periodic, now) : undefined;
  const last = view.periodicLaunches.get(jobKey(job.Namespace, job.ID));
  const launched = [...view.jobs.withPrefix(jobKey(job.Namespace, `${job.ID}/periodic-`))];
  const before =
    launched.length === 0 || last === undefined ? "" : `; the last launch was ${lasting(last.Launch, now)} ago`;
  if (!isPeriodic(job)) return { Kind: "periodic", Text: `Its clock is switched off: it launches nothing${before}` };
  if (next === undefined) return { Kind: "periodic", Text: `Its clock never comes round again${before}` };
  return { Kind: "periodic", Text: `It is launched again in ${lasting(now, instantOf(next))}${before}` };
}

/** How it stands with the evaluations of a job; `isWanting` if something of it is missing. */
export function evaluationRemarks(
  evaluations: readonly Evaluation[],
  now: Instant,
  { isWanting }: { readonly isWanting: boolean },
): readonly Remark[] {
  const active = evaluations.filter((one) => !isTerminalEvaluation(one)).toSorted(byChange);
  const remarks = active.map((one) => waiting(one, now));
  if (!isWanting || active.length > 0) return remarks;
  const last = evaluations.toSorted(byChange)[0];
  if (last?.Status === "failed") {
    const Text =
      `Evaluation ${shortID(last.ID)} failed ${lasting(last.ModifyTime, now)} ago: ${last.StatusDescription}; ` +
      "nothing looks at the job until it is run again";
    return [{ Kind: "failed evaluation", Text }];
  }
  return [{ Kind: "no evaluation", Text: "No evaluation waits: nothing looks at the job until it is run again" }];
}

function byChange(a: Evaluation, b: Evaluation): number {
  return b.ModifyIndex - a.ModifyIndex || b.CreateIndex - a.CreateIndex;
}

function waiting(evaluation: Evaluation, now: Instant): Remark {
  const { ID, Status, Wait, CreateTime, ModifyTime, TriggeredBy } = evaluation;
  const name = `Evaluation ${shortID(ID)}`;
  if (Status === "blocked") {
    const Text = `${name} has waited for room for ${lasting(CreateTime, now)}; it is looked at as soon as some comes up`;
    return { Kind: "blocked evaluation", Text };
  }
  const due = CreateTime + Wait;
  if (Wait > 0 && due > now) {
    const what = TriggeredBy === "rolling-update" ? "the update goes on" : "it is looked at";
    return { Kind: "waiting evaluation", Text: `${name} waits its turn: ${what} in ${lasting(now, instantOf(due))}` };
  }
  const pending = Math.max(ModifyTime, due);
  const isLong = now - pending > longWait;
  const Text = `${name} has waited to be looked at for ${lasting(pending, now)}`;
  return { Kind: "pending evaluation", Text: isLong ? `${Text}: no server takes it, see their logs` : Text };
}

/** What is to know about the nodes of the job's datacenters, and those elsewhere. */
export function nodeRemarks(job: Job, view: StateView): readonly Remark[] {
  const away = new Map<string, number>();
  const ready = new Map<string, number>(job.Datacenters.map((name) => [name, 0]));
  const elsewhere = new Set<string>();
  for (const node of view.nodes.all()) {
    const count = ready.get(node.Datacenter);
    if (count === undefined) elsewhere.add(node.Datacenter);
    else if (isReady(node)) ready.set(node.Datacenter, count + 1);
    else away.set(whyAway(node), (away.get(whyAway(node)) ?? 0) + 1);
  }
  const remarks: Remark[] = [];
  if (view.nodes.size === 0) return [{ Kind: "no nodes", Text: "There are no nodes: start an agent that is a client" }];
  const empty = [...ready].filter(([, count]) => count === 0).map(([name]) => `"${name}"`);
  if (empty.length > 0) {
    const others =
      elsewhere.size === 0 ? "" : `; there are nodes in ${listed([...elsewhere].sort().map((name) => `"${name}"`))}`;
    remarks.push({ Kind: "no ready nodes", Text: `No node is ready in datacenter ${listed(empty)}${others}` });
  }
  const kinds = [...away].map(([why, count]) => `${counted(count, "node")} ${count === 1 ? "is" : "are"} ${why}`);
  if (kinds.length > 0) remarks.push({ Kind: "nodes away", Text: `Of its datacenters ${listed(kinds)}` });
  return remarks;
}

function whyAway({ Status, Drain }: Node): string {
  if (Status !== "ready") return Status;
  return Drain ? "draining" : "not eligible";
}
