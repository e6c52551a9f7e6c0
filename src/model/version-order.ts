/**
 * Versions as hashicorp/go-version reads and orders them: numbers between dots, then perhaps a prerelease and
 * `+metadata`. Missing numbers count as 0, metadata does not count at all, and a prerelease comes before its release.
 */
export interface Version {
  readonly numbers: readonly number[];
  /** Empty for a release. */
  readonly prerelease: string;
}

/** Longer texts are no versions but attacks on whoever compares them. */
export const longestVersion = 1024;

const numbers = String.raw`v?(?<numbers>[0-9]+(?:\.[0-9]+)*)`;
const part = "[0-9A-Za-z~-]";
const moreParts = String.raw`(?:\.${part}+)*`;
const dashed = `-(?<dashed>${part}+${moreParts})`;
const undashed = `(?<undashed>[A-Za-z~]${part}*${moreParts})`;
const metadata = String.raw`(?:\+${part}+${moreParts})?`;
const versionPattern = new RegExp(`^${numbers}(?:${dashed}|${undashed})?${metadata}$`);
const semanticPattern = new RegExp(`^${numbers}(?:${dashed})?${metadata}$`);

/** Undefined if the text is no version. A prerelease needs no dash before its first letter: `1.9rc1`. */
export function parseVersion(text: string): Version | undefined {
  return versionOf(text, versionPattern);
}

/** Like `parseVersion`, but a prerelease begins with a dash, as Semantic Versioning wants it. */
export function parseSemanticVersion(text: string): Version | undefined {
  return versionOf(text, semanticPattern);
}

function versionOf(text: string, pattern: RegExp): Version | undefined {
  const groups = text.length <= longestVersion ? pattern.exec(text)?.groups : undefined;
  if (groups === undefined) return undefined;
  const read = (groups.numbers ?? "").split(".").map(Number);
  if (!read.every(Number.isSafeInteger)) return undefined;
  return { numbers: read, prerelease: groups.dashed ?? groups.undashed ?? "" };
}

/** Negative if `a` comes before `b`, 0 if they are the same. */
export function compareVersions(a: Version, b: Version): number {
  return compareNumbers(a, b) || comparePrereleases(a.prerelease, b.prerelease);
}

/** The same without prereleases. */
export function compareNumbers(a: Version, b: Version): number {
  for (let at = 0; at < Math.max(a.numbers.length, b.numbers.length); at++) {
    const difference = (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "") return 1;
  if (b === "") return -1;
  const left = a.split(".");
  const right = b.split(".");
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = comparePart(left[at] as string, right[at] as string);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Numbers come before words; numbers by value, words by their bytes. */
function comparePart(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  const [left, right] = aIsNumber ? [BigInt(a), BigInt(b)] : [a, b];
  return left < right ? -1 : left > right ? 1 : 0;
}
