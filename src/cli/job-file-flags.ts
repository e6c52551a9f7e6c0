import { booleanFlag, listFlag } from "../base/index.ts";
import { type DescribedFlag, described } from "./command.ts";

/** Flags of every command that reads a job file. */
export const jobFileFlags = {
  var: described(
    listFlag(),
    `A value for a variable of the job file; may be given several times.
    It wins over -var-file, and that over the environment (NOMAD_VAR_name).`,
    "<name=value>",
  ),
  "var-file": described(
    listFlag(),
    `A file of values for variables, in HCL or JSON; may be given several times,
    of which later ones win.`,
    "<path>",
  ),
  "hcl2-strict": described(
    booleanFlag(true),
    "Refuse values for variables that the job file does not declare. On unless\n    -hcl2-strict=false is given.",
  ),
  hcl1: described(booleanFlag(), "Read the job file as HCL 1, without variables, functions and expressions."),
} satisfies Readonly<Record<string, DescribedFlag<unknown>>>;

/** What was given with them. */
export interface JobFileFlags {
  readonly var: readonly string[];
  readonly "var-file": readonly string[];
  readonly "hcl2-strict": boolean;
  readonly hcl1: boolean;
}
