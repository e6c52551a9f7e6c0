import { assert } from "../base/index.ts";
import type { LoggedCommand } from "./command.ts";
import { allocationsClientUpdate } from "./commands/allocations-client-update.ts";
import { evaluationsDelete } from "./commands/evaluations-delete.ts";
import { evaluationsUpdate } from "./commands/evaluations-update.ts";
import { jobDeregister } from "./commands/job-deregister.ts";
import { jobRegister } from "./commands/job-register.ts";
import { jobsForget } from "./commands/jobs-forget.ts";
import { nodeDeregister } from "./commands/node-deregister.ts";
import { nodeDrain } from "./commands/node-drain.ts";
import { nodeEligibility } from "./commands/node-eligibility.ts";
import { nodeRegister } from "./commands/node-register.ts";
import { nodeStatus } from "./commands/node-status.ts";
import { planResults } from "./commands/plan-results.ts";
import { schedulerConfigure } from "./commands/scheduler-configure.ts";
import { summariesReconcile } from "./commands/summaries-reconcile.ts";

/** The list of all commands. A number, once given, is never given again. */
const commands: readonly LoggedCommand[] = [
  nodeRegister,
  nodeDeregister,
  nodeStatus,
  nodeDrain,
  jobRegister,
  jobDeregister,
  evaluationsUpdate,
  evaluationsDelete,
  planResults,
  allocationsClientUpdate,
  summariesReconcile,
  nodeEligibility,
  jobsForget,
  schedulerConfigure,
];

const byNumber: ReadonlyMap<number, LoggedCommand> = new Map(commands.map((command) => [command.number, command]));
assert(byNumber.size === commands.length, "every command has a number of its own");

/** The command of a number; undefined if this program has none. */
export function commandNumbered(number: number): LoggedCommand | undefined {
  return byNumber.get(number);
}
