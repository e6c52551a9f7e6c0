export { type Diagnostic, HCLError, renderDiagnostic } from "../hcl/index.ts";
export { parseJob } from "./parse-job.ts";
