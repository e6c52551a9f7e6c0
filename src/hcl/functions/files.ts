import { posix } from "node:path";
import { type Call, type FileDoor, fixed, type HCLFunction } from "../evaluation/function.ts";
import { Unusable, ValueSet } from "../evaluation/value.ts";
import { utf8 } from "./encoding.ts";

/** Directories that `fileset` looks into, and files that it names. */
const mostEntries = 10_000;
const deepestDirectory = 32;

/**
 * Functions of files near the job file. Only where a person runs the command: a server that is sent a job file refuses
 * them, or whoever sends one could read its disk.
 */
export const fileFunctions: Readonly<Record<string, HCLFunction>> = {
  abspath: fixed(["string"], ([path], call) => doorOf(call).absolute(path)),
  basename: fixed(["string"], ([path]) => posix.basename(path)),
  dirname: fixed(["string"], ([path]) => posix.dirname(path)),
  file: fixed(["string"], ([path], call) => utf8(bytesOf(path, call))),
  filebase64: fixed(["string"], ([path], call) => Buffer.from(bytesOf(path, call)).toString("base64")),
  fileexists: fixed(["string"], ([path], call) => {
    const kind = kindOf(path, call);
    if (kind !== undefined && kind !== "file") throw new Unusable(`"${path}" is no file`, { parameter: 0 });
    return kind === "file";
  }),
  fileset: fixed(["string", "string"], ([directory, pattern], call) => {
    const matches = globTest(pattern);
    return new ValueSet(filesIn(directory, call).filter(matches));
  }),
  pathexpand: fixed(["string"], ([path], call) => {
    const { home } = doorOf(call);
    if (!/^~(?:\/|$)/.test(path)) return path;
    if (home === undefined) throw new Unusable("there is no home directory", { parameter: 0 });
    return posix.join(home, path.slice(1));
  }),
};

function doorOf({ host }: Call): FileDoor {
  if (host.files !== undefined) return host.files;
  throw new Unusable("files are not read for a job file that came from elsewhere", {
    hint: 'They are where the path of a job file is given: "nomad run shop.nomad"',
  });
}

function bytesOf(path: string, call: Call): Uint8Array {
  const kind = kindOf(path, call);
  if (kind !== "file") {
    const problem =
      kind === undefined ? "there is no file" : kind === "directory" ? "it is a directory at" : "no regular file at";
    throw new Unusable(`${problem} "${path}"`, { parameter: 0 });
  }
  const bytes = reading(path, () => doorOf(call).read(path));
  call.budget.spendSize(bytes.length);
  return bytes;
}

function kindOf(path: string, call: Call): ReturnType<FileDoor["kind"]> {
  const door = doorOf(call);
  return reading(path, () => door.kind(path));
}

/** Why a path cannot be looked at is told with the place that names it. */
function reading<Found>(path: string, read: () => Found): Found {
  try {
    return read();
  } catch (error) {
    throw new Unusable(`"${path}" cannot be read: ${(error as Error).message}`, { parameter: 0 });
  }
}

/** All files below a directory, as paths from there. */
function filesIn(directory: string, call: Call): string[] {
  const door = doorOf(call);
  if (kindOf(directory, call) !== "directory")
    throw new Unusable(`there is no directory "${directory}"`, { parameter: 0 });
  const found: string[] = [];
  const look = (below: string, depth: number): void => {
    const whole = posix.join(directory, below);
    for (const name of reading(whole, () => door.list(whole))) {
      call.budget.spend(1);
      const path = posix.join(below, name);
      const kind = kindOf(posix.join(directory, path), call);
      if (found.length >= mostEntries) throw new Unusable(`there are more than ${mostEntries} files`, { parameter: 0 });
      if (kind === "file") found.push(path);
      if (kind === "directory" && depth < deepestDirectory) look(path, depth + 1);
    }
  };
  look("", 0);
  return found;
}

/** `*` and `?` do not match a slash, `**` does, `{a,b}` is either. Every path is tried in time linear in both. */
function globTest(pattern: string): (path: string) => boolean {
  if (pattern.length > 256) throw new Unusable("the pattern is too long", { parameter: 1 });
  const alternatives = expandedBraces(pattern);
  return (path) => alternatives.some((one) => segmentsMatch(one.split("/"), path.split("/")));
}

function expandedBraces(pattern: string): string[] {
  const group = /\{([^{}]*)\}/.exec(pattern);
  if (group === null) return [pattern];
  const [before, after] = [pattern.slice(0, group.index), pattern.slice(group.index + group[0].length)];
  const choices = group[1]!.split(",").map((choice) => before + choice + after);
  const expanded = choices.flatMap(expandedBraces);
  if (expanded.length > 64) throw new Unusable("the pattern has too many choices", { parameter: 1 });
  return expanded;
}

function segmentsMatch(pattern: readonly string[], path: readonly string[]): boolean {
  // Which lengths of the path the pattern so far can stand for.
  let reached = new Set([0]);
  for (const segment of pattern) {
    const next = new Set<number>();
    for (const at of reached) {
      if (segment === "**") for (let end = at; end <= path.length; end++) next.add(end);
      else if (at < path.length && nameMatches(segment, path[at]!)) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(path.length);
}

function nameMatches(pattern: string, name: string): boolean {
  let reached = new Set([0]);
  for (const mark of pattern) {
    const next = new Set<number>();
    for (const at of reached) {
      if (mark === "*") for (let end = at; end <= name.length; end++) next.add(end);
      else if (at < name.length && (mark === "?" || name[at] === mark)) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(name.length);
}
