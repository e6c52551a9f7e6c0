import type { Query } from "../api/index.ts";

/** What the target of a request comes to: a path to look up, another path to ask instead, or nothing readable. */
export type Target =
  | { readonly kind: "path"; readonly path: string; readonly query: Query }
  | { readonly kind: "moved"; readonly location: string }
  | { readonly kind: "unreadable" };

/**
 * Reads a request's target. The path is unescaped whole, so that `%2F` is a slash (ids of jobs contain them); one with
 * empty, `.` or `..` parts is redirected to what it means, as Go's request multiplexer does.
 */
export function readTarget(raw: string): Target {
  const relative = raw.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(?=[/?])/i, "");
  const mark = relative.indexOf("?");
  const path = unescaped(mark < 0 ? relative : relative.slice(0, mark));
  const query = mark < 0 ? "" : relative.slice(mark + 1);
  if (path === undefined || !path.startsWith("/") || path.includes("\u0000")) return { kind: "unreadable" };
  const meant = cleaned(path);
  if (meant === path) return { kind: "path", path, query: new URLSearchParams(query) };
  return { kind: "moved", location: located(meant, query) };
}

/** A path and a query as they go into a `Location` header. */
export function located(path: string, query: string): string {
  const escaped = path.split("/").map(encodeURIComponent).join("/");
  return query === "" ? escaped : `${escaped}?${query}`;
}

function unescaped(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function cleaned(path: string): string {
  if (!path.includes("//") && !path.includes("/.")) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const clean = `/${parts.join("/")}`;
  return path.endsWith("/") && clean !== "/" ? `${clean}/` : clean;
}
