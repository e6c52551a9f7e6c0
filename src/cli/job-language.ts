/** What reads, checks and formats job files, in one place so that it can be loaded when it is needed. */
export { formatHCL, HCLError, mendedJob, parseJob, renderDiagnostic } from "../jobspec/index.ts";
export { validateJob } from "../model/index.ts";
