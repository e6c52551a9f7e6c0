export { type Diagnostic, formatHCL, HCLError, renderDiagnostic } from "../hcl/index.ts";
export { mendedJob } from "./mended-job.ts";
export { type JobFileOptions, parseBareJob, parseBareJobInSteps, parseJob } from "./parse-job.ts";
