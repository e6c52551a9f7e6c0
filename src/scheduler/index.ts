export type { Eligibility, SchedulingContext, SchedulingOutcome } from "./outcome.ts";
export { schedule } from "./schedule.ts";
export {
  type Attempt,
  attempted,
  beginRun,
  MissingStateRefresh,
  type NextStep,
  type SchedulingRun,
  settled,
} from "./scheduling-run.ts";
