import { posix } from "node:path";
import type { Disk } from "../runtime/index.ts";
import { exists } from "./oci-runtime.ts";

/** A path of the host and the path at which an isolated task sees it, read-only. */
export interface ShownPath {
  readonly source: string;
  readonly destination: string;
}

/** Names at the root of a task's world that are the kernel's or the task's own. */
const ownNames: ReadonlySet<string> = new Set(["alloc", "local", "secrets", "tmp", "proc", "dev"]);

/**
 * What is shown of the host unless the operator chooses: programs and libraries, and what these read of `/etc`. Not
 * `/etc` itself, where the secrets of other programs lie.
 */
const usuallyShown: readonly string[] = [
  ...["/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr", "/run/resolvconf"],
  ...["alternatives", "ca-certificates", "group", "host.conf", "hosts", "ld.so.cache", "ld.so.conf"].map(inEtc),
  ...["ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "os-release", "passwd", "pki"].map(inEtc),
  ...["protocols", "resolv.conf", "services", "ssl", "timezone"].map(inEtc),
];

/** What tasks are shown of the host: `chrootEnv`, or our own choice if that is empty. Parents come before what is in them. */
export function hostView(chrootEnv: Readonly<Record<string, string>>): readonly ShownPath[] {
  const chosen = Object.entries(chrootEnv);
  const pairs = chosen.length > 0 ? chosen : usuallyShown.map((path) => [path, path] as const);
  const view = pairs.map(([source, destination]) => ({
    source: posix.normalize(source),
    destination: posix.resolve("/", destination === "" ? source : destination),
  }));
  return view.sort((a, b) => (a.destination < b.destination ? -1 : 1));
}

/** Why this cannot be shown; undefined when it can. */
export function hostViewProblem(view: readonly ShownPath[]): string | undefined {
  for (const { source, destination } of view) {
    const what = `chroot_env cannot show "${source}" as "${destination}"`;
    if (!posix.isAbsolute(source)) return `${what}: the path on the host is not absolute`;
    const first = destination.split("/")[1] as string;
    if (first === "" || ownNames.has(first)) return `${what}: that is the task's own`;
  }
  return undefined;
}

/** Names at the root of a task's world that are mounts, or hold some: nothing of the task's directory goes there. */
export function takenNames(view: readonly ShownPath[]): ReadonlySet<string> {
  return new Set([...ownNames, ...view.map(({ destination }) => destination.split("/")[1] as string)]);
}

/** Those of the paths that the host has. */
export async function presentOn(disk: Disk, view: readonly ShownPath[]): Promise<readonly ShownPath[]> {
  const isThere = await Promise.all(view.map(({ source }) => exists(disk, source)));
  return view.filter((_, i) => isThere[i]);
}

function inEtc(name: string): string {
  return `/etc/${name}`;
}
