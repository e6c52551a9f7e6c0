/**
 * Versions and conditions on them, such as `>= 1.2, < 2.0` or `~> 3.16`, by the rules of hashicorp/go-version.
 * A version is numbers between dots, then perhaps `-prerelease` and `+metadata`; missing numbers count as 0,
 * metadata does not count at all. A prerelease comes before its release.
 */

interface Version {
  readonly segments: readonly number[];
  readonly prerelease: string;
}

/** Longer texts are no versions but attacks on whoever compares them. */
const longestText = 1024;
const versionPattern =
  /^v?([0-9]+(?:\.[0-9]+)*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const termPattern = /^\s*(>=|<=|!=|~>|=|>|<|)\s*(\S+)\s*$/;

const tests: ReadonlyMap<string, (version: Version, bound: Version) => boolean> = new Map([
  ["", (version, bound) => compare(version, bound) === 0],
  ["=", (version, bound) => compare(version, bound) === 0],
  ["!=", (version, bound) => compare(version, bound) !== 0],
  [">", (version, bound) => compare(version, bound) > 0],
  ["<", (version, bound) => compare(version, bound) < 0],
  [">=", (version, bound) => compare(version, bound) >= 0],
  ["<=", (version, bound) => compare(version, bound) <= 0],
  ["~>", (version, bound) => compare(version, bound) >= 0 && sharesPinned(version, bound)],
]);

/** A test for versions, made of conditions between commas; undefined if `text` is no such list. */
export function versionConstraint(text: string): ((version: string) => boolean) | undefined {
  if (text.length > longestText) return undefined;
  const terms = text.split(",").map(parseTerm);
  if (terms.some((term) => term === undefined)) return undefined;
  return (candidate) => {
    const version = parseVersion(candidate);
    return version !== undefined && terms.every((term) => term?.(version));
  };
}

function parseTerm(text: string): ((version: Version) => boolean) | undefined {
  const [, operator = "", right = ""] = termPattern.exec(text) ?? [];
  const bound = parseVersion(right);
  const test = tests.get(operator);
  return bound === undefined || test === undefined ? undefined : (version) => test(version, bound);
}

function parseVersion(text: string): Version | undefined {
  const [match, numbers = "", prerelease = ""] = (text.length <= longestText && versionPattern.exec(text)) || [];
  if (match === undefined) return undefined;
  const segments = numbers.split(".").map(Number);
  if (!segments.every(Number.isSafeInteger)) return undefined;
  return { segments, prerelease };
}

/** Negative if `a` comes before `b`, 0 if they are the same. */
function compare(a: Version, b: Version): number {
  for (let at = 0; at < Math.max(a.segments.length, b.segments.length); at++) {
    const difference = (a.segments[at] ?? 0) - (b.segments[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePrereleases(a.prerelease, b.prerelease);
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
  if (aIsNumber && bIsNumber) return Number(a) - Number(b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** `~>` pins all numbers that are written but the last. */
function sharesPinned(version: Version, bound: Version): boolean {
  return bound.segments.slice(0, -1).every((segment, at) => (version.segments[at] ?? 0) === segment);
}
