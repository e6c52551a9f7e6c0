import { isPrintable } from "../../base/index.ts";
import type { TaskArtifact } from "../../model/index.ts";
import { type ArchiveKind, archiveKind, archiveNamed } from "./archive-kind.ts";
import { refusal } from "./artifact-error.ts";
import { type Checksum, parseChecksum } from "./checksum.ts";
import { detected } from "./detect-source.ts";
import { pathProblem } from "./safe-path.ts";

/** Where an artifact comes from, and how it is got from there. */
export type ArtifactSource =
  | { readonly kind: "http"; readonly url: URL }
  | { readonly kind: "s3"; readonly url: URL; readonly access: S3Access }
  | {
      readonly kind: "git";
      readonly url: string;
      readonly ref: string;
      readonly depth: number;
      readonly sshKey: string;
    }
  | { readonly kind: "hg"; readonly url: string; readonly rev: string; readonly sshKey: string }
  | { readonly kind: "file"; readonly path: string };

/** What a job says of its access to S3; empty where it says nothing. */
export interface S3Access {
  readonly keyID: string;
  readonly secretKey: string;
  readonly token: string;
  readonly region: string;
}

/** What a job wants of an artifact, read once. */
export interface WantedArtifact {
  readonly source: ArtifactSource;
  /** For people: the source without what may be secret in it. */
  readonly shown: string;
  /** Within the archive or clone; empty means all of it. */
  readonly subdirectory: string;
  readonly archive: ArchiveKind | undefined;
  readonly checksum: Checksum | undefined;
  /** What a single file is called in the destination. */
  readonly fileName: string;
  readonly mode: "any" | "file" | "dir";
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Reads an artifact block whose references have been resolved. The source may be short for a longer one, say by
 * `git::` how it is to be got, and name a part by `//`; options count as parameters of its query, of which those
 * that are for us do not reach the server. Throws `ArtifactError`, not recoverable.
 */
export function parseArtifact(artifact: Omit<TaskArtifact, "RelativeDest">): WantedArtifact {
  const mode = modeOf(artifact.GetterMode);
  const { getter, url, subdirectory } = detected(artifact.GetterSource);
  for (const [name, value] of Object.entries(artifact.GetterOptions)) url.searchParams.append(name, value);
  const archive = taken(url, "archive");
  const checksum = taken(url, "checksum");
  const fileName = taken(url, "filename") || lastElement(url);
  const named = { fileName: mode === "file" ? fileName || "file" : fileName };
  const source = sourceOf(getter, url);
  const shared = {
    ...{ source, shown: shownSource(url), subdirectory, mode, headers: artifact.GetterHeaders },
    checksum: checksum === undefined ? undefined : parseChecksum(checksum),
  };
  const problem = subdirectory === "" ? undefined : pathProblem(subdirectory);
  if (problem !== undefined) throw refusal(`the part of the source after "//" ${problem}`);
  if (source.kind === "git" || source.kind === "hg") return { ...shared, ...named, archive: undefined };
  return { ...shared, ...archiveOf(archive, named.fileName) };
}

function modeOf(mode: string): WantedArtifact["mode"] {
  if (mode === "" || mode === "any") return "any";
  if (mode === "file" || mode === "dir") return mode;
  throw refusal(`invalid artifact mode ${JSON.stringify(mode)}; must be one of: file, dir, any`);
}

function sourceOf(getter: string, url: URL): ArtifactSource {
  switch (getter) {
    case "http":
    case "https":
      return { kind: "http", url };
    case "s3":
      return s3Source(url);
    case "git":
      return gitSource(url);
    case "hg":
      return mercurialSource(url);
    case "file":
      return { kind: "file", path: decoded(url.pathname) };
    default:
      throw refusal(`download not supported for scheme '${getter}'`);
  }
}

function s3Source(url: URL): ArtifactSource {
  const access = {
    keyID: taken(url, "aws_access_key_id") ?? "",
    secretKey: taken(url, "aws_access_key_secret") ?? "",
    token: taken(url, "aws_access_token") ?? "",
    region: taken(url, "region") ?? "",
  };
  const version = taken(url, "version");
  if (version !== undefined) url.searchParams.set("versionId", version);
  return { kind: "s3", url, access };
}

/** Words that begin with a hyphen would be read as options by git or Mercurial, or by what they start. */
function gitSource(url: URL): ArtifactSource {
  const ref = taken(url, "ref") ?? "";
  const depth = taken(url, "depth") ?? "0";
  const sshKey = taken(url, "sshkey") ?? "";
  if (ref.startsWith("-") || /\s/.test(ref) || !isPrintable(ref))
    throw refusal(`invalid git ref ${JSON.stringify(ref)}`);
  if (!/^\d{1,9}$/.test(depth)) throw refusal(`invalid git depth ${JSON.stringify(depth)}`);
  refuseOptionLike("git", url);
  return { kind: "git", url: url.href, ref, depth: Number(depth), sshKey };
}

/** A branch, a tag or a number; not one of Mercurial's expressions, which reach further and may take for ever. */
function mercurialSource(url: URL): ArtifactSource {
  const rev = taken(url, "rev") ?? "";
  const sshKey = taken(url, "sshkey") ?? "";
  if (!/^(?:[\w./][\w./+-]*)?$/.test(rev)) throw refusal(`invalid hg rev ${JSON.stringify(rev)}`);
  refuseOptionLike("hg", url);
  return { kind: "hg", url: url.href, rev, sshKey };
}

function refuseOptionLike(getter: "git" | "hg", url: URL): void {
  if (url.hostname === "" || url.hostname.startsWith("-") || decoded(url.username).startsWith("-")) {
    throw refusal(`invalid ${getter} URL: a host is missing or begins with a hyphen`);
  }
}

/** Takes a parameter out of the query; undefined when it is not there. */
function taken(url: URL, name: string): string | undefined {
  if (!url.searchParams.has(name)) return undefined;
  const value = url.searchParams.get(name) ?? "";
  url.searchParams.delete(name);
  return value;
}

function archiveOf(
  asked: string | undefined,
  fileName: string,
): { readonly archive: ArchiveKind | undefined; readonly fileName: string } {
  const none = { archive: undefined, fileName };
  if (asked !== undefined && /^(0|f|false)$/i.test(asked)) return none;
  const named = archiveNamed(fileName);
  if (asked === undefined || asked === "" || /^(1|t|true)$/i.test(asked)) {
    return named === undefined ? none : { archive: named.kind, fileName: named.base || fileName };
  }
  const kind = archiveKind(asked);
  if (kind === undefined) throw refusal(`unsupported archive type: ${asked}`);
  return { archive: kind, fileName: named?.name === asked ? named.base || fileName : fileName };
}

function lastElement(url: URL): string {
  return decoded(url.pathname).replace(/\/+$/, "").split("/").at(-1) ?? "";
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refusal("the source has an escape that is none");
  }
}

/** Neither credentials nor the query, which may hold a signature. */
function shownSource(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
