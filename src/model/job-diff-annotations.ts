import { type Dictionary, dictionary } from "../base/index.ts";
import type { FieldDiff, JobDiff, TaskDiff, TaskGroupDiff } from "./job-diff-shapes.ts";
import type { DesiredUpdates, PlanAnnotations } from "./plan.ts";

/** How the counts of a plan are called in a difference. */
const updateNames = [
  ["Ignore", "ignore"],
  ["Place", "create"],
  ["Stop", "destroy"],
  ["Migrate", "migrate"],
  ["InPlaceUpdate", "in-place update"],
  ["DestructiveUpdate", "create/destroy update"],
] as const satisfies readonly (readonly [keyof DesiredUpdates, string])[];

const fieldsInPlace: ReadonlySet<string> = new Set(["KillTimeout"]);
const objectsInPlace: ReadonlySet<string> = new Set(["LogConfig", "Service", "Constraint"]);

/** The difference with what each change brings about, and how many allocations of each group what happens to. */
export function annotateJobDiff(diff: JobDiff, annotations: PlanAnnotations): JobDiff {
  const TaskGroups = diff.TaskGroups.map((group) => ({
    ...group,
    Updates: updatesOf(annotations.DesiredTGUpdates[group.Name]),
    Fields: group.Fields.map(annotateCount),
    Tasks: group.Tasks.map((task) => ({ ...task, Annotations: taskAnnotations(task, group) })),
  }));
  return { ...diff, TaskGroups };
}

function updatesOf(desired: DesiredUpdates | undefined): Dictionary<number> {
  if (desired === undefined) return dictionary();
  const counts = updateNames.map(([key, name]) => [name, desired[key]] as const);
  return dictionary(counts.filter(([, count]) => count > 0));
}

function annotateCount(field: FieldDiff): FieldDiff {
  if (field.Name !== "Count") return field;
  const [before, after] = [Number(field.Old), Number(field.New)];
  if (before === after) return field;
  return { ...field, Annotations: [before < after ? "forces create" : "forces destroy"] };
}

function taskAnnotations(task: TaskDiff, group: TaskGroupDiff): readonly string[] {
  if (task.Type === "None") return [];
  if (group.Type === "Added" && task.Type === "Added") return ["forces create"];
  if (group.Type === "Deleted" && task.Type === "Deleted") return ["forces destroy"];
  const isDestructive =
    task.Fields.some(({ Type, Name }) => Type !== "None" && !fieldsInPlace.has(Name)) ||
    task.Objects.some(({ Type, Name }) => Type !== "None" && !objectsInPlace.has(Name));
  return [isDestructive ? "forces create/destroy update" : "forces in-place update"];
}
