import type * as z from "zod";
import { flag, listOf, optional, struct, text, whole } from "../wire/index.ts";
import { constraint } from "./constraint.ts";
import { refusal } from "./evaluation.ts";

/** Something that counts: a word for programs, and a sentence for people. */
const remark = struct({ Kind: text, Text: text });
export type Remark = z.infer<typeof remark>;

/**
 * One change after which the scheduler places `Places` more allocations of a group. The scheduler was run on it. What else is
 * said depends on `Kind`:
 *
 *     ask         of Resource, Task asks for To at most; now it asks for From
 *     port        Task lets the servers choose the port with the number From
 *     constraint  Constraint is left out; it stands in the group's Task, in the group, or in the job (Level)
 *     datacenter  the job may also run in Datacenter
 *     return      the node NodeID gets work again
 *     node        one more node like NodeID, in Datacenter
 *     stop        the allocation AllocID of the job JobID, on NodeID, is stopped
 *
 * `Resource` is `CPU` (MHz), `MemoryMB`, `DiskMB`, `IOPS` or `MBits`.
 */
export const remedy = struct({
  Kind: text,
  Text: text,
  Places: whole,
  Task: text,
  Resource: text,
  From: whole,
  To: whole,
  Level: text,
  Constraint: optional(constraint),
  Datacenter: text,
  NodeID: text,
  AllocID: text,
  JobID: text,
});
export type Remedy = z.infer<typeof remedy>;

/**
 * How a group is. `Wanted` = `Running` + `Starting` + `Ended` + `Placeable` + `Unplaced`: `Ended` are those of a batch job that are
 * done, `Placeable` would be placed if the scheduler looked now, and for `Unplaced` there is no place. Of a system job as many
 * are wanted as there are nodes that may run it. Who refuses is said by `Refusals`, and in words by `Reasons`.
 */
const explainedGroup = struct({
  Name: text,
  Wanted: whole,
  Running: whole,
  Starting: whole,
  Ended: whole,
  Placeable: whole,
  Unplaced: whole,
  NodesRefusing: whole,
  Refusals: listOf(refusal),
  Reasons: listOf(text),
  Remarks: listOf(remark),
  Remedies: listOf(remedy),
});
export type ExplainedGroup = z.infer<typeof explainedGroup>;

/** Who refused a group when the evaluation that is explained was looked at. */
const earlierRefusals = struct({ Group: text, NodesRefusing: whole, Reasons: listOf(text) });

/**
 * Why something of a job does not run, and what would help. `EvalID` names the evaluation that was asked about, if one was.
 * `Tries` is how often the scheduler was run for it; `IsCut` says that there was more to try.
 */
export const explanation = struct({
  JobID: text,
  Namespace: text,
  EvalID: text,
  Runs: flag,
  Summary: text,
  Remarks: listOf(remark),
  Earlier: listOf(earlierRefusals),
  Groups: listOf(explainedGroup),
  Tries: whole,
  IsCut: flag,
});
export type Explanation = z.infer<typeof explanation>;
