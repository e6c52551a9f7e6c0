/** Conditions on versions, such as `>= 1.2, < 2.0` or `~> 3.16`, in the two readings that job files know. */
import {
  compareNumbers,
  compareVersions,
  longestVersion,
  parseSemanticVersion,
  parseVersion,
  type Version,
} from "./version-order.ts";

type Test = (version: Version, bound: Version) => boolean;

/** How texts are read, and what each operator means. */
interface Reading {
  readonly parse: (text: string) => Version | undefined;
  readonly tests: ReadonlyMap<string, Test>;
}

const ranges: readonly (readonly [string, Test])[] = [
  [">", (version, bound) => compareVersions(version, bound) > 0],
  ["<", (version, bound) => compareVersions(version, bound) < 0],
  [">=", (version, bound) => compareVersions(version, bound) >= 0],
  ["<=", (version, bound) => compareVersions(version, bound) <= 0],
];
const equalities: readonly (readonly [string, Test])[] = [
  ["", (version, bound) => compareVersions(version, bound) === 0],
  ["=", (version, bound) => compareVersions(version, bound) === 0],
  ["!=", (version, bound) => compareVersions(version, bound) !== 0],
];

const releases: Reading = {
  parse: parseVersion,
  tests: new Map([
    ...equalities,
    ...ranges.map(([operator, test]): [string, Test] => [
      operator,
      (version, bound) => isNamed(version, bound) && test(version, bound),
    ]),
    ["~>", (version, bound) => isPinned(version, bound)],
  ]),
};

const semantic: Reading = { parse: parseSemanticVersion, tests: new Map([...equalities, ...ranges]) };

/**
 * A test for versions, made of conditions between commas; undefined if `text` is no such list. Ranges are met by
 * releases only: by a prerelease just where the condition names one of the very same numbers.
 */
export function versionConstraint(text: string): ((version: string) => boolean) | undefined {
  return conditions(text, releases);
}

/**
 * The same in the order of Semantic Versioning 2.0, where a prerelease is a version like another that comes before its
 * release. There is no `~>`.
 */
export function semverConstraint(text: string): ((version: string) => boolean) | undefined {
  return conditions(text, semantic);
}

function conditions(text: string, reading: Reading): ((version: string) => boolean) | undefined {
  if (text.length > longestVersion) return undefined;
  const terms = text.split(",").map((term) => parseTerm(term, reading));
  if (!terms.every((term) => term !== undefined)) return undefined;
  return (candidate) => {
    const version = reading.parse(candidate);
    return version !== undefined && terms.every((term) => term(version));
  };
}

const termPattern = /^\s*(>=|<=|!=|~>|=|>|<|)\s*(\S+)\s*$/;

function parseTerm(text: string, { parse, tests }: Reading): ((version: Version) => boolean) | undefined {
  const [, operator = "", right = ""] = termPattern.exec(text) ?? [];
  const bound = parse(right);
  const test = tests.get(operator);
  return bound === undefined || test === undefined ? undefined : (version) => test(version, bound);
}

/** Who asks for a release does not want what came before it, however high its numbers. */
function isNamed(version: Version, bound: Version): boolean {
  return version.prerelease === "" || (bound.prerelease !== "" && compareNumbers(version, bound) === 0);
}

/** `~>` pins all numbers that are written but the last, and a prerelease to prereleases. */
function isPinned(version: Version, bound: Version): boolean {
  if (!isNamed(version, bound) || (bound.prerelease !== "" && version.prerelease === "")) return false;
  if (compareVersions(version, bound) < 0) return false;
  return bound.numbers.slice(0, -1).every((number, at) => (version.numbers[at] ?? 0) === number);
}
