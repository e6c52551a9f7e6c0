import { assert } from "../base/index.ts";
import { type Allocation, allocation } from "../model/index.ts";
import { commonKinds, knownKinds } from "./known-records.ts";
import { packed, unpacked } from "./packed-value.ts";
import { interned, type RecordKind, type ValueWriter } from "./record-kinds.ts";

// Most of an allocation is what schedulers saw and what clients report of tasks, and both are seldom looked at. So
// allocations look like any other object, with all their fields, but hold these two packed, as they stand in an entry of
// the log: `Metrics` and `TaskStates` are accessors, the same for all, and what they unpack is in private fields.

/** An allocation that is still to be changed, before others see it. */
export type AllocationDraft = { -readonly [Field in keyof Allocation]: Allocation[Field] };

/** What a client may say of an allocation. */
export type AllocationReport = Pick<
  Allocation,
  "ID" | "ClientStatus" | "ClientDescription" | "TaskStates" | "DeploymentStatus" | "NetworkStatus"
>;

/** A new allocation with the fields of another one. Nothing is unpacked. */
export function draftOf(allocation: Allocation): AllocationDraft {
  return allocationKind.copy(allocation) as AllocationDraft;
}

/** The same allocation with these fields packed, if they are not. */
export function packedAllocation(allocation: Allocation): AllocationDraft {
  return allocationKind.packed(allocation) as AllocationDraft;
}

/** What is kept of a client's report until it is in the log and applied, packed as it stands there. */
export function packedReport(report: AllocationReport): AllocationReport {
  return reportKind.packed(report) as AllocationReport;
}

/** Throws `UnreadableRecord` if what is packed in an allocation can never be unpacked. */
export function checkPacked(allocation: Allocation): void {
  told(Keeping.metricsOf(allocation));
  told(Keeping.taskStatesOf(allocation));
}

/** Gives an allocation the task states of another, or of what a client reports. Nothing is unpacked. */
export function takeOverTaskStates(to: AllocationDraft, from: Pick<Allocation, "TaskStates">): void {
  to.TaskStates = Keeping.taskStatesOf(from) as Allocation["TaskStates"];
}

/** Whatever is given becomes the object to which a class that extends this one adds its private fields. */
class Given {
  constructor(given: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is what the class is for
    return given;
  }
}

/** What a record has: packed, or the value itself, as it came. Neither value is ever text. */
class Keeping extends Given {
  #metrics: unknown;
  #taskStates: unknown;

  constructor(record: object, metrics: unknown, taskStates: unknown) {
    super(record);
    this.#metrics = metrics;
    this.#taskStates = taskStates;
  }

  static metricsOf(record: Pick<Allocation, "Metrics">): unknown {
    return #metrics in record ? record.#metrics : record.Metrics;
  }

  static taskStatesOf(record: Pick<Allocation, "TaskStates">): unknown {
    return #taskStates in record ? record.#taskStates : record.TaskStates;
  }

  static readonly metrics: PropertyDescriptor & ThisType<Keeping> = {
    enumerable: true,
    get() {
      return told(this.#metrics);
    },
    set(metrics: unknown) {
      this.#metrics = metrics;
    },
  };

  static readonly taskStates: PropertyDescriptor & ThisType<Keeping> = {
    enumerable: true,
    get() {
      return told(this.#taskStates);
    },
    set(taskStates: unknown) {
      this.#taskStates = taskStates;
    },
  };
}

function told(held: unknown): unknown {
  return typeof held === "string" ? unpacked(held) : held;
}

/** What is empty takes no more room as it is. */
function packable(held: unknown): unknown {
  return typeof held !== "object" || held === null || isEmpty(held) ? held : packed(held);
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

function writeHeld(writer: ValueWriter, held: unknown): void {
  const kept = packable(held);
  if (typeof kept === "string") writer.packed(kept);
  else writer.value(kept);
}

const keptFields = ["Metrics", "TaskStates"] as const;

/** A kind whose records keep these fields, as far as they have them. */
interface KeepingKind extends RecordKind {
  readonly copy: (record: object) => object;
  /** The same, with what is kept packed. */
  readonly packed: (record: object) => object;
}

/** Like `compiledKind`, it becomes code that names the fields. */
function keepingKind(names: readonly string[]): KeepingKind {
  const fields = interned(names);
  const isKept = (field: string) => (keptFields as readonly string[]).includes(field);
  const each = (text: (field: string) => string, ofKept: (field: string) => string, between = ", ") =>
    fields.map((field) => (isKept(field) ? ofKept(field) : text(field))).join(between);
  const ofRecord = (field: string) => `record.${field}`;
  const source = `
    const define = Object.defineProperty;
    const accessors = { Metrics: Keeping.metrics, TaskStates: Keeping.taskStates };
    const held = { Metrics: Keeping.metricsOf, TaskStates: Keeping.taskStatesOf };
    function Record(${fields.join(", ")}) {
      ${each(
        (field) => `this.${field} = ${field};`,
        (field) => `define(this, "${field}", accessors.${field});`,
        "\n",
      )}
      return new Keeping(this, ${keptFields.map((field) => (fields.includes(field) ? field : "null")).join(", ")});
    }
    Record.prototype = Object.prototype;
    return {
      write(writer, record) {
        ${each(
          (field) => `writer.value(record.${field});`,
          (field) => `writeHeld(writer, held.${field}(record));`,
          "\n",
        )}
      },
      read(reader) {
        return new Record(${each(
          () => "reader.value()",
          () => "reader.packed()",
        )});
      },
      copy(record) {
        return new Record(${each(ofRecord, (field) => `held.${field}(record)`)});
      },
      packed(record) {
        return new Record(${each(ofRecord, (field) => `packable(held.${field}(record))`)});
      },
    };`;
  const generated = new Function("Keeping", "packable", "writeHeld", source)(Keeping, packable, writeHeld);
  return { fields, isChanged: true, ...generated };
}

const allocationKind = keepingKind(Object.keys(allocation.parse({})));
const reportKind = keepingKind([
  "ID",
  "ClientStatus",
  "ClientDescription",
  "TaskStates",
  "DeploymentStatus",
  "NetworkStatus",
]);

/** The known records, by their numbers, with these two among them. */
export const knownRowKinds = withKeeping(knownKinds);

/** All that are worth code of their own, with these two among them. */
export const commonRowKinds = withKeeping(commonKinds);

function withKeeping(kinds: readonly RecordKind[]): readonly RecordKind[] {
  const isOf = (keeping: RecordKind) => (kind: RecordKind) => kind.fields.join() === keeping.fields.join();
  return [allocationKind, reportKind].reduce((all: readonly RecordKind[], keeping) => {
    const place = all.findIndex(isOf(keeping));
    assert(place >= 0, "allocations and reports are known records");
    return all.with(place, keeping);
  }, kinds);
}
