export type { Eligibility, SchedulingContext, SchedulingOutcome } from "./outcome.ts";
export { schedule, scheduleInSteps } from "./schedule.ts";
export {
  attempted,
  beginRun,
  settled,
} from "./scheduling-run.ts";
