/** How a file is packed: several files in one, or one file made smaller. */
export interface ArchiveKind {
  /** The container; undefined where there is one file and nothing tells of its name. */
  readonly container: "tar" | "zip" | undefined;
  /** The program that takes the compression off; undefined where there is none, or the container has its own. */
  readonly compression: "gzip" | "bzip2" | "xz" | undefined;
}

const tar = (compression?: "gzip" | "bzip2" | "xz"): ArchiveKind => ({ container: "tar", compression });
const single = (compression: "gzip" | "bzip2" | "xz"): ArchiveKind => ({ container: undefined, compression });

const kinds: ReadonlyMap<string, ArchiveKind> = new Map([
  ["tar.bz2", tar("bzip2")],
  ["tar.gz", tar("gzip")],
  ["tar.xz", tar("xz")],
  ["tbz2", tar("bzip2")],
  ["tgz", tar("gzip")],
  ["txz", tar("xz")],
  ["tar", tar()],
  ["zip", { container: "zip", compression: undefined }],
  ["bz2", single("bzip2")],
  ["gz", single("gzip")],
  ["xz", single("xz")],
]);

/** Names that end so are archives even without a dot before it, as they always were. */
const withoutDot: ReadonlySet<string> = new Set(["bz2", "gz", "tar.bz2", "tar.gz", "tbz2", "tgz", "zip"]);

/** The kind that goes by a name such as `tar.gz`; undefined if none does. */
export function archiveKind(name: string): ArchiveKind | undefined {
  return kinds.get(name);
}

/** What a file's name says of it, by the longest ending that says anything, and the name without that ending. */
export function archiveNamed(
  fileName: string,
): { readonly kind: ArchiveKind; readonly name: string; readonly base: string } | undefined {
  const endings = [...kinds.keys()].filter((ending) => fileName.endsWith(`.${ending}`) || isBare(fileName, ending));
  const longest = endings.sort((a, b) => b.length - a.length)[0];
  if (longest === undefined) return undefined;
  const base = fileName.slice(0, -longest.length).replace(/\.$/, "");
  return { kind: kinds.get(longest) as ArchiveKind, name: longest, base };
}

function isBare(fileName: string, ending: string): boolean {
  return withoutDot.has(ending) && fileName.endsWith(ending);
}
