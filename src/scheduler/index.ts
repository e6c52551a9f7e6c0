export { explainInSteps, type Question } from "./explain/explain.ts";
export type { Eligibility, SchedulingContext, SchedulingOutcome } from "./outcome.ts";
export { schedule, scheduleInSteps } from "./schedule.ts";
export {
  attempted,
  beginRun,
  settled,
} from "./scheduling-run.ts";
