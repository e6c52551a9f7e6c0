import { isPrintable } from "../../base/index.ts";
import { refusal } from "./artifact-error.ts";

/** A source as it was meant. */
export interface DetectedSource {
  /** `http`, `https`, `s3`, `git`, `hg`, `file`, or what was asked for and nobody can do. */
  readonly getter: string;
  readonly url: URL;
  readonly subdirectory: string;
}

/** Hosts at which a path of two names is a repository. */
const repositoryHosts: readonly string[] = ["github.com", "gitlab.com", "bitbucket.org"];

/** By what repositories may be asked for; never a program or a directory of this machine. */
const repositorySchemes: Readonly<Record<string, ReadonlySet<string>>> = {
  git: new Set(["https:", "http:", "ssh:", "git:"]),
  hg: new Set(["https:", "http:", "ssh:"]),
};

/**
 * Reads a source: `getter::url//part?query`, of which only the URL must be there, and a URL without a scheme is one that
 * is known: a repository at a well-known host, a bucket of S3, `user@host:path`, or an absolute path. Throws `ArtifactError`.
 */
export function detected(source: string): DetectedSource {
  if (!isPrintable(source)) throw refusal("the source holds a control character");
  const [, forced = "", rest = ""] = /^(?:([A-Za-z0-9]+)::)?(.*)$/s.exec(source.trim()) ?? [];
  const { whole, subdirectory } = splitPart(rest);
  const found = withScheme(whole);
  const url = parsed(found.text);
  const getter = forced.toLowerCase() || found.getter || url.protocol.slice(0, -1);
  const schemes = repositorySchemes[getter];
  if (schemes !== undefined && !schemes.has(url.protocol)) {
    throw refusal(`download not supported for scheme '${getter}' with ${url.protocol.slice(0, -1)}`);
  }
  if (schemes === undefined && getter !== "file" && found.getter !== "git" && !/^https?:$/.test(url.protocol)) {
    throw refusal(`download not supported for scheme '${url.protocol.slice(0, -1)}'`);
  }
  return { getter, url, subdirectory: [found.part, subdirectory].filter((part) => part !== "").join("/") };
}

/** Takes the part after `//` out, which is not the one of the scheme. */
function splitPart(source: string): { readonly whole: string; readonly subdirectory: string } {
  const query = source.indexOf("?");
  const path = query < 0 ? source : source.slice(0, query);
  const scheme = path.indexOf("://");
  const at = path.indexOf("//", scheme < 0 ? 0 : scheme + 3);
  if (at < 0) return { whole: source, subdirectory: "" };
  const end = query < 0 ? "" : source.slice(query);
  return { whole: path.slice(0, at) + end, subdirectory: path.slice(at + 2) };
}

interface Spelled {
  readonly text: string;
  /** Undefined leaves it to the scheme. */
  readonly getter: string | undefined;
  readonly part: string;
}

function withScheme(source: string): Spelled {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(source)) {
    return { text: source, getter: /^file:/i.test(source) ? "file" : undefined, part: "" };
  }
  if (source.startsWith("/")) return { text: `file://${source}`, getter: "file", part: "" };
  const [, user, host, path] = /^([A-Za-z0-9_.-]+)@([A-Za-z0-9_.-]+):(.+)$/s.exec(source) ?? [];
  if (host !== undefined) return { text: `ssh://${user}@${host}/${path}`, getter: "git", part: "" };
  const name = source.split(/[/?]/, 1)[0] ?? "";
  if (repositoryHosts.includes(name.toLowerCase())) return repository(source);
  if (isS3Host(name)) return { text: `https://${source}`, getter: "s3", part: "" };
  throw refusal("the source is neither a URL nor short for one that is known");
}

function repository(source: string): Spelled {
  const [path = "", query] = source.split(/\?(.*)/s);
  const [host = "", owner = "", name = "", ...rest] = path.split("/");
  if (owner === "" || name === "") throw refusal(`sources of ${host} are ${host}/<user>/<repository>`);
  const url = `https://${host}/${owner}/${name.replace(/\.git$/, "")}.git`;
  return { text: query === undefined ? url : `${url}?${query}`, getter: "git", part: rest.join("/") };
}

function isS3Host(host: string): boolean {
  return /(^|\.)s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/.test(host.toLowerCase());
}

function parsed(text: string): URL {
  if (!URL.canParse(text)) throw refusal("the source is not a URL");
  return new URL(text);
}
