/**
 * What a new version of a job changes, as `nomad plan` shows it. Only what users write is compared; lists of groups, tasks
 * and services go by name, constraints, affinities, spreads, artifacts and networks by content.
 */
import { deepEqual, dictionary, type Steps } from "../base/index.ts";
import type { Affinity, Constraint, Spread } from "./constraint.ts";
import {
  byOrder,
  type DiffType,
  fieldDiffs,
  flatFields,
  objectDiff,
  objectSetDiff,
  pairs,
  presence,
  wholeObject,
} from "./diff-rows.ts";
import type { Job } from "./job.ts";
import type { FieldDiff, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff } from "./job-diff-shapes.ts";
import type { NetworkResource, Port, Resources } from "./resources.ts";
import type { Service, ServiceCheck, Task } from "./task.ts";
import type { TaskGroup } from "./task-group.ts";

/** `contextual`: objects that changed show the fields that did not, too. */
export interface DiffOptions {
  readonly contextual: boolean;
}

/**
 * The difference between two versions of a job; `before` is null for a new one. Throws if they are different jobs. A step is a
 * group.
 */
export function* jobDiffOf(before: Job | null, after: Job, options: DiffOptions): Steps<JobDiff> {
  if (before !== null && before.ID !== after.ID) {
    throw new Error(`can not diff jobs with different IDs: "${before.ID}" and "${after.ID}"`);
  }
  const old = before ?? undefined;
  const Fields = fieldDiffs(old && jobFields(old), jobFields(after));
  const Objects = [
    ...datacentersDiff(old?.Datacenters ?? [], after.Datacenters),
    ...constraintsDiff(old?.Constraints ?? [], after.Constraints),
    ...affinitiesDiff(old?.Affinities ?? [], after.Affinities),
    ...spreadsDiff(old?.Spreads ?? [], after.Spreads),
    ...objectDiff("Update", old && updateFields(old), updateFields(after), options),
    ...objectDiff("Periodic", old && periodicFields(old), periodicFields(after), options),
  ];
  const TaskGroups: TaskGroupDiff[] = [];
  for (const [from, to] of pairs(old?.TaskGroups ?? [], after.TaskGroups)) {
    TaskGroups.push(groupDiff(from, to, options));
    yield;
  }
  const isChanged = Fields.length > 0 || Objects.length > 0 || TaskGroups.some(({ Type }) => Type !== "None");
  return {
    Type: old === undefined ? "Added" : isChanged ? "Edited" : "None",
    ID: after.ID,
    Fields,
    Objects,
    TaskGroups,
  };
}

function jobFields({ Region, ParentID, Name, Type, Priority, AllAtOnce, Meta }: Job) {
  return flatFields({ Region, ParentID, Name, Type, Priority, AllAtOnce, Meta });
}

function updateFields({ Update: { Stagger, MaxParallel } }: Job) {
  return flatFields({ Stagger, MaxParallel });
}

function periodicFields({ Periodic }: Job) {
  if (Periodic === null) return undefined;
  const { Enabled, Spec, SpecType, ProhibitOverlap, TimeZone } = Periodic;
  return flatFields({ Enabled, Spec, SpecType, ProhibitOverlap, ...(TimeZone === "" ? undefined : { TimeZone }) });
}

/** Each datacenter that came or went is a row of the same name. */
function datacentersDiff(before: readonly string[], after: readonly string[]): readonly ObjectDiff[] {
  const row = (Type: DiffType, Old: string, New: string): FieldDiff => {
    return { Type, Name: "Datacenters", Old, New, Annotations: [] };
  };
  const gone = before.filter((name) => !after.includes(name)).sort();
  const come = after.filter((name) => !before.includes(name)).sort();
  if (gone.length + come.length === 0) return [];
  const Fields = [...come.map((name) => row("Added", "", name)), ...gone.map((name) => row("Deleted", name, ""))];
  const Type = gone.length === 0 ? "Added" : come.length === 0 ? "Deleted" : "Edited";
  return [{ Type, Name: "Datacenters", Fields, Objects: [] }];
}

function constraintsDiff(before: readonly Constraint[], after: readonly Constraint[]): readonly ObjectDiff[] {
  return objectSetDiff(before, after, ({ LTarget, RTarget, Operand }, type) =>
    wholeObject("Constraint", type, flatFields({ LTarget, RTarget, Operand })),
  );
}

function affinitiesDiff(before: readonly Affinity[], after: readonly Affinity[]): readonly ObjectDiff[] {
  return objectSetDiff(before, after, ({ LTarget, RTarget, Operand, Weight }, type) =>
    wholeObject("Affinity", type, flatFields({ LTarget, RTarget, Operand, Weight })),
  );
}

function spreadsDiff(before: readonly Spread[], after: readonly Spread[]): readonly ObjectDiff[] {
  return objectSetDiff(before, after, ({ Attribute, Weight, SpreadTarget }, type) => {
    const targets = SpreadTarget.map((target) => wholeObject("SpreadTarget", type, flatFields(target)));
    return wholeObject("Spread", type, flatFields({ Attribute, Weight }), targets.sort(byOrder));
  });
}

function groupDiff(before: TaskGroup | undefined, after: TaskGroup | undefined, options: DiffOptions): TaskGroupDiff {
  const fields = (group: TaskGroup | undefined) => group && flatFields({ Count: group.Count, Meta: group.Meta });
  return {
    Type: typeOf(before, after),
    Name: after?.Name ?? before?.Name ?? "",
    Fields: fieldDiffs(fields(before), fields(after)),
    Objects: [
      ...constraintsDiff(before?.Constraints ?? [], after?.Constraints ?? []),
      ...affinitiesDiff(before?.Affinities ?? [], after?.Affinities ?? []),
      ...spreadsDiff(before?.Spreads ?? [], after?.Spreads ?? []),
      ...objectDiff("RestartPolicy", restartFields(before), restartFields(after), options),
    ],
    Tasks: pairs(before?.Tasks ?? [], after?.Tasks ?? []).map(([from, to]) => taskDiff(from, to, options)),
    Updates: dictionary(),
  };
}

/** Whatever is different makes a group or a task edited, even if no row shows it. */
function typeOf(before: unknown, after: unknown): DiffType {
  const type = presence(before, after);
  return type === "Edited" && deepEqual(before, after) ? "None" : type;
}

function restartFields(group: TaskGroup | undefined) {
  if (!group?.RestartPolicy) return undefined;
  const { Attempts, Interval, Delay, Mode } = group.RestartPolicy;
  return flatFields({ Attempts, Interval, Delay, Mode });
}

function taskDiff(before: Task | undefined, after: Task | undefined, options: DiffOptions): TaskDiff {
  return {
    Type: typeOf(before, after),
    Name: after?.Name ?? before?.Name ?? "",
    Fields: fieldDiffs(before && taskFields(before), after && taskFields(after)),
    Objects: [
      ...constraintsDiff(before?.Constraints ?? [], after?.Constraints ?? []),
      ...affinitiesDiff(before?.Affinities ?? [], after?.Affinities ?? []),
      ...objectDiff("Config", configFields(before), configFields(after), options),
      ...resourcesDiff(before?.Resources ?? undefined, after?.Resources ?? undefined, options),
      ...objectDiff("LogConfig", logFields(before), logFields(after), options),
      ...artifactsDiff(before, after),
      ...servicesDiff(before?.Services ?? [], after?.Services ?? [], options),
    ],
    Annotations: [],
  };
}

function taskFields({ Driver, User, Env, Meta, KillTimeout }: Task) {
  return flatFields({ Driver, User, Env, Meta, KillTimeout });
}

function configFields(task: Task | undefined) {
  return task === undefined || Object.keys(task.Config).length === 0 ? undefined : flatFields(task.Config);
}

function logFields(task: Task | undefined) {
  if (!task?.LogConfig) return undefined;
  const { MaxFiles, MaxFileSizeMB } = task.LogConfig;
  return flatFields({ MaxFiles, MaxFileSizeMB });
}

function artifactsDiff(before: Task | undefined, after: Task | undefined): readonly ObjectDiff[] {
  return objectSetDiff(before?.Artifacts ?? [], after?.Artifacts ?? [], (artifact, type) => {
    const { GetterSource, GetterOptions, RelativeDest, GetterHeaders, GetterMode } = artifact;
    const newer = { ...(GetterMode === "" ? undefined : { GetterMode }), GetterHeaders };
    return wholeObject("Artifact", type, flatFields({ GetterSource, GetterOptions, RelativeDest, ...newer }));
  });
}

function resourcesDiff(
  before: Resources | undefined,
  after: Resources | undefined,
  options: DiffOptions,
): readonly ObjectDiff[] {
  const fields = (resources: Resources | undefined) => {
    if (resources === undefined) return undefined;
    const { CPU, MemoryMB, MemoryMaxMB, DiskMB, IOPS } = resources;
    return flatFields({ CPU, MemoryMB, ...(MemoryMaxMB > 0 && { MemoryMaxMB }), DiskMB, IOPS });
  };
  const Objects = objectSetDiff(networksOf(before), networksOf(after), networkDiff);
  const [from, to] = [fields(before), fields(after)];
  if (Objects.length === 0) return objectDiff("Resources", from, to, options);
  const Fields = fieldDiffs(from, to, { unchanged: options.contextual });
  return [{ Type: presence(before, after), Name: "Resources", Fields, Objects }];
}

type AskedNetwork = Pick<NetworkResource, "MBits" | "ReservedPorts" | "DynamicPorts">;

/** Of networks what users write. */
function networksOf(resources: Resources | undefined): readonly AskedNetwork[] {
  return (resources?.Networks ?? []).map(({ MBits, ReservedPorts, DynamicPorts }) => ({
    MBits,
    ReservedPorts,
    DynamicPorts: DynamicPorts.map((port) => ({ ...port, Value: 0 })),
  }));
}

function networkDiff({ MBits, ReservedPorts, DynamicPorts }: AskedNetwork, type: "Added" | "Deleted"): ObjectDiff {
  const ports = (name: string, list: readonly Port[], fields: (port: Port) => Record<string, unknown>) =>
    list.map((port) => wholeObject(name, type, flatFields(fields(port)))).sort(byOrder);
  return wholeObject("Network", type, flatFields({ MBits }), [
    ...ports("Static Port", ReservedPorts, ({ Label, Value }) => ({ Label, Value })),
    ...ports("Dynamic Port", DynamicPorts, ({ Label }) => ({ Label })),
  ]);
}

function servicesDiff(
  before: readonly Service[],
  after: readonly Service[],
  options: DiffOptions,
): readonly ObjectDiff[] {
  const fields = (one: Service | undefined) => one && flatFields({ Name: one.Name, PortLabel: one.PortLabel });
  return namedDiffs("Service", before, after, fields, options, (from, to) =>
    namedDiffs("Check", from?.Checks ?? [], to?.Checks ?? [], checkFields, options, () => []),
  );
}

function checkFields(check: ServiceCheck | undefined) {
  if (check === undefined) return undefined;
  const { Name, Type, Command, Path, Protocol, PortLabel, Interval, Timeout, InitialStatus } = check;
  return flatFields({ Name, Type, Command, Path, Protocol, PortLabel, Interval, Timeout, InitialStatus });
}

/** Objects that go by name: those that are different, with their own objects in them. */
function namedDiffs<Item extends { readonly Name: string }>(
  name: string,
  before: readonly Item[],
  after: readonly Item[],
  fields: (item: Item | undefined) => ReturnType<typeof flatFields> | undefined,
  { contextual }: DiffOptions,
  objects: (before: Item | undefined, after: Item | undefined) => readonly ObjectDiff[],
): readonly ObjectDiff[] {
  return pairs(before, after)
    .filter(([from, to]) => !deepEqual(from, to))
    .map(([from, to]) => ({
      Type: presence(from, to),
      Name: name,
      Fields: fieldDiffs(fields(from), fields(to), { unchanged: contextual }),
      Objects: objects(from, to),
    }))
    .sort(byOrder);
}
