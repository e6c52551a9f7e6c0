import { basename, dirname, normalize } from "node:path/posix";
import { refusal } from "./artifact-error.ts";
import { fileNameProblem, pathProblem } from "./safe-path.ts";

/** Where the artifacts of a task may go, as the host sees it: real paths, without links. */
export interface ArtifactDirectories {
  readonly task: string;
  readonly shared: string;
}

/** A directory, as plain names below a base that is there, and the name of the file where one is meant. */
export interface Destination {
  readonly base: string;
  readonly directory: string;
  readonly fileName: string | undefined;
}

/**
 * Reads a destination whose references have been resolved, so that it may be below the task's directory, a slash at its
 * start or not, or a path of the host below that or the shared one. With mode "file" its last name is that of the file.
 * Throws `ArtifactError` when it would lead elsewhere.
 */
export function artifactDestination(
  destination: string,
  mode: "any" | "file" | "dir",
  directories: ArtifactDirectories,
): Destination {
  const { base, path } = located(destination, directories);
  const problem = pathProblem(path);
  if (path === ".." || path.startsWith("../")) throw refusal("destination escapes task's directory");
  if (problem !== undefined) throw refusal(`destination ${problem}`);
  if (mode !== "file") return { base, directory: path, fileName: undefined };
  const fileName = path.endsWith("/") ? "" : basename(path);
  const nameProblem = fileNameProblem(fileName);
  if (nameProblem !== undefined) throw refusal(`destination must name a file with mode "file": it ${nameProblem}`);
  return { base, directory: dirname(path), fileName };
}

function located(destination: string, { task, shared }: ArtifactDirectories): { base: string; path: string } {
  const absolute = normalize(`/${destination}`);
  for (const base of [task, shared]) {
    if (absolute === base || absolute === `${base}/`) return { base, path: "." };
    if (absolute.startsWith(`${base}/`)) return { base, path: absolute.slice(base.length + 1) };
    if (destination.startsWith(`${base}/`)) return { base, path: ".." };
  }
  // Of a relative path the steps up that are too many must show.
  return { base: task, path: normalize(`./${destination}`) };
}
