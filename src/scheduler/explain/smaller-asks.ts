import type { Steps } from "../../base/index.ts";
import type { Job, Remedy, Resources, Task, TaskGroup } from "../../model/index.ts";
import { withTask } from "./changed-job.ts";
import { hasRunOut, helping, type Stuck } from "./stuck.ts";
import { noun, quantity } from "./words.ts";

/** Tasks of a group of which is asked whether they could do with less, those that ask for most first. */
const mostTasks = 3;

/** What tasks ask for: how metrics call it when it has run out, and the least that a job may ask for. */
const asks = [
  { Resource: "CPU", dimension: "cpu exhausted", least: 20 },
  { Resource: "MemoryMB", dimension: "memory exhausted", least: 10 },
  { Resource: "DiskMB", dimension: "disk exhausted", least: 10 },
  { Resource: "IOPS", dimension: "iops exhausted", least: 0 },
  { Resource: "MBits", dimension: "network: bandwidth exceeded", least: 1 },
] as const;
type Ask = (typeof asks)[number];

/**
 * Of each resource that ran out somewhere, the most that a task could ask for. Less of what did not run out first on any node
 * helps nowhere.
 */
export function* smallerAsks(stuck: Stuck): Steps<readonly Remedy[]> {
  const found: Remedy[] = [];
  for (const ask of asks) {
    if (!hasRunOut(stuck, ask.dimension)) continue;
    const tasks = stuck.group.Tasks.toSorted((a, b) => asked(b, ask) - asked(a, ask));
    for (const task of tasks.slice(0, mostTasks)) {
      const smaller = yield* largestThatFits(stuck, task, ask);
      if (smaller === undefined) continue;
      found.push(smaller);
      break;
    }
  }
  return found;
}

/**
 * The largest ask that fits, while one unit more does not. How much is left on the roomiest node is most often it; where it
 * is not, the answer is between something that fits and something that does not, and each try halves what is between.
 */
function* largestThatFits(stuck: Stuck, task: Task, ask: Ask): Steps<Remedy | undefined> {
  const now = asked(task, ask);
  if (now <= ask.least) return undefined;
  const fits = (To: number) => fitting(stuck, task, ask, To);
  let tooMuch = now;
  let best: Remedy | undefined;
  const guess = now - shortOf(stuck, ask);
  if (guess > ask.least && guess < now) {
    best = yield* fits(guess);
    if (best === undefined) tooMuch = guess;
    else if (guess + 1 < now) {
      const more = yield* fits(guess + 1);
      if (more === undefined) tooMuch = guess + 1;
      else best = more;
    }
  }
  best ??= yield* fits(ask.least);
  while (best !== undefined && best.To + 1 < tooMuch) {
    const middle = Math.floor((best.To + tooMuch) / 2);
    const found: Remedy | undefined = yield* fits(middle);
    if (found === undefined) tooMuch = middle;
    else best = found;
  }
  // Without a last word on one unit more it is not known to be the largest.
  return stuck.trials.isSpent ? undefined : best;
}

function fitting(stuck: Stuck, task: Task, { Resource }: Ask, To: number): Steps<Remedy | undefined> {
  const { trials, group } = stuck;
  const From = asked(task, { Resource });
  const Text = `Ask for at most ${quantity(Resource, To)} of ${noun(Resource)} in task "${task.Name}" (now ${From})`;
  const trial = trials.registered(withAsk(trials.job, group, task, Resource, To));
  return helping(stuck, trial, { Kind: "ask", Text, Task: task.Name, Resource, From, To });
}

/** What is missing on the node with the most left. */
function shortOf({ failure }: Stuck, { dimension }: Ask): number {
  const rows = failure.Refusals.filter(({ Dimension }) => Dimension === dimension);
  return Math.min(...rows.map(({ Needed, Free }) => Needed - Free));
}

function asked({ Resources }: Task, { Resource }: Pick<Ask, "Resource">): number {
  if (Resource === "MBits") return Resources?.Networks[0]?.MBits ?? 0;
  return Resources?.[Resource] ?? 0;
}

function withAsk(job: Job, group: TaskGroup, task: Task, resource: Ask["Resource"], value: number): Job {
  return withTask(job, group, task, (one) => ({ ...one, Resources: one.Resources && lowered(one.Resources) }));

  function lowered(resources: Resources): Resources {
    if (resource !== "MBits") return { ...resources, [resource]: value };
    return { ...resources, Networks: resources.Networks.map((network) => ({ ...network, MBits: value })) };
  }
}
