import { posix } from "node:path";
import type { TaskArtifact } from "./task.ts";

/** How many bytes a checksum has, by its type. */
const checksumBytes: ReadonlyMap<string, number> = new Map([
  ["md5", 16],
  ["sha1", 20],
  ["sha256", 32],
  ["sha512", 64],
]);

/** Empty is as "any". */
const modes: ReadonlySet<string> = new Set(["", "any", "file", "dir"]);

/** What is wrong with an artifact. */
export function artifactProblems({ GetterSource, GetterOptions, GetterMode, RelativeDest }: TaskArtifact): string[] {
  const problems: string[] = [];
  if (GetterSource === "") problems.push("source must be specified");
  if (escapes(RelativeDest)) problems.push("destination escapes task's directory");
  if (!modes.has(GetterMode)) {
    problems.push(`invalid artifact mode ${JSON.stringify(GetterMode)}; must be one of: file, dir, any`);
  }
  const checksum = GetterOptions.checksum;
  const problem = checksum === undefined ? undefined : checksumProblem(checksum.trim());
  return problem === undefined ? problems : [...problems, problem];
}

/** A destination is below the task's directory even if it begins with a slash. */
function escapes(destination: string): boolean {
  const path = posix.normalize(`./${destination}`);
  return path === ".." || path.startsWith("../");
}

function checksumProblem(checksum: string): string | undefined {
  if (checksum === "") return "checksum value can not be empty";
  const [type = "", value = "", ...rest] = checksum.split(":");
  if (!checksum.includes(":") || rest.length > 0) {
    return `checksum must be given as "type:value"; got ${JSON.stringify(checksum)}`;
  }
  const wrong = /[^0-9a-fA-F]/u.exec(value)?.[0];
  if (wrong !== undefined) return `invalid checksum: encoding/hex: invalid byte: ${codePoint(wrong)} '${wrong}'`;
  if (value.length % 2 === 1) return "invalid checksum: encoding/hex: odd length hex string";
  const expected = checksumBytes.get(type);
  if (expected === undefined) return `unsupported checksum type: ${type}`;
  return value.length === 2 * expected ? undefined : `invalid ${type} checksum: ${value}`;
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
