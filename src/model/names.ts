/** Names of task groups and tasks become directories, files and addresses; with a suffix a file name holds 255 bytes. */
const longestName = 200;
const longestJobID = 255;
const longestJobName = 400;
/** What the dispatcher adds to the ID of a periodic job for each of its children. */
const childSuffix = /\/periodic-[0-9]+$/;

/**
 * Why a task group or a task may not be called `name`; undefined if it may. Clients make paths of these names, and
 * `repetitions` tells which name another would be mistaken for.
 */
export function nameProblem(name: string): string | undefined {
  if (name === "." || name === "..") return "is a path of its own";
  if (name.toLowerCase() === "alloc") return "is the directory that tasks share";
  if (name.includes("/") || name.includes("\\")) return "can not include slashes";
  return characterProblem(name, longestName);
}

/** Like `nameProblem` for the ID of a job, which may have slashes between parts that are names. */
export function jobIDProblem(id: string): string | undefined {
  if (id === "alloc") return "is the directory that tasks share";
  const parts = id.split("/");
  if (parts.includes(".") || parts.includes("..")) return "has a part that is a path of its own";
  return characterProblem(id.replace(childSuffix, ""), longestJobID);
}

/** Why a job may not be called `name`; undefined if it may. Its ID is what paths are made of. */
export function jobNameProblem(name: string): string | undefined {
  return characterProblem(name, longestJobName);
}

/** Where a name was seen before, from 1, and whether it differed in case; undefined if it is new. */
export interface Repetition {
  readonly place: number;
  readonly isSameCase: boolean;
}

/** Tells of each name in turn whether one before it is the same, or differs only in case: file systems mix those up. */
export function repetitions(names: readonly string[]): (Repetition | undefined)[] {
  const seen = new Map<string, { place: number; name: string }>();
  return names.map((name, index) => {
    const before = seen.get(name.toLowerCase());
    if (before !== undefined) return { place: before.place, isSameCase: before.name === name };
    seen.set(name.toLowerCase(), { place: index + 1, name });
    return undefined;
  });
}

function characterProblem(text: string, longest: number): string | undefined {
  if (/\p{Cc}/u.test(text)) return "contains a control character";
  return Buffer.byteLength(text) > longest ? `is longer than ${longest} bytes` : undefined;
}
