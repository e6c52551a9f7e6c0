export { AssertionFailed, assert, unreachable } from "./assert.ts";
export { ByteBudget } from "./byte-budget.ts";
export type { Core } from "./core.ts";
export { DeadlineQueue } from "./deadline-queue.ts";
export { deepEqual } from "./deep-equal.ts";
export { type Dictionary, dictionary, dictionaryByID, merged } from "./dictionary.ts";
export { firstOf, type Happening } from "./first-of.ts";
export { formatNumber } from "./format-number.ts";
export { GatheringPace } from "./gathering-pace.ts";
export { formatGoDuration, InvalidDuration, parseGoDuration } from "./go-duration.ts";
export {
  booleanFlag,
  type Flag,
  type Flags,
  type FlagValues,
  integerFlag,
  listFlag,
  type ParsedFlags,
  parseGoBoolean,
  parseGoFlags,
  textFlag,
} from "./go-flags.ts";
export { GroupedTree } from "./grouped-tree.ts";
export { GrowingBytes } from "./growing-bytes.ts";
export {
  between,
  type Duration,
  earlier,
  hours,
  type Instant,
  inMilliseconds,
  inSeconds,
  instantOf,
  isBefore,
  later,
  latest,
  longer,
  microseconds,
  milliseconds,
  minutes,
  nanoseconds,
  seconds,
  shorter,
  soonest,
  times,
} from "./instant.ts";
export { nearest } from "./nearest.ts";
export { isPrintable, printable } from "./printable.ts";
export { PriorityQueue } from "./priority-queue.ts";
export { problemList, wrappedProblems } from "./problem-list.ts";
export { flat, type Random, SeededRandom } from "./random.ts";
export { formatRfc3339 } from "./rfc3339.ts";
export { PlainSignal, type Signal } from "./signal.ts";
export { SlotMap } from "./slot-map.ts";
export { type SlotNames, SlotTree } from "./slot-tree.ts";
export { allAtOnce, type Steps } from "./steps.ts";
export { WakeUp } from "./wake-up.ts";
export { whenAborted } from "./when-aborted.ts";
export { withEither } from "./with-either.ts";
