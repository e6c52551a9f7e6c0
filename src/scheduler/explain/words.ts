import { formatGoDuration, type Instant, nanoseconds } from "../../base/index.ts";
import type { Node } from "../../model/index.ts";

/** An ID by the part that people tell it by. */
export function shortID(id: string): string {
  return id.slice(0, 8);
}

/** `node vm3 (69afa2e8)` */
export function nodeName({ ID, Name }: Pick<Node, "ID" | "Name">): string {
  return Name === "" ? `node ${shortID(ID)}` : `node ${Name} (${shortID(ID)})`;
}

/** `class "large", 4000 MHz, 8192 MiB` */
export function sizeText({ NodeClass, Resources }: Node): string {
  const size = `${Resources?.CPU ?? 0} MHz, ${Resources?.MemoryMB ?? 0} MiB`;
  return NodeClass === "" ? size : `class "${NodeClass}", ${size}`;
}

const measures: ReadonlyMap<string, readonly [unit: string, noun: string]> = new Map([
  ["CPU", ["MHz", "CPU"]],
  ["MemoryMB", ["MiB", "memory"]],
  ["DiskMB", ["MiB", "disk"]],
  ["IOPS", ["", "IOPS"]],
  ["MBits", ["MBits", "bandwidth"]],
]);

/** A quantity with its unit: `1300 MiB`. */
export function quantity(resource: string, count: number): string {
  const unit = measures.get(resource)?.[0] ?? "";
  return unit === "" ? `${count}` : `${count} ${unit}`;
}

/** What is asked for, in people's words: `memory`. */
export function noun(resource: string): string {
  return measures.get(resource)?.[1] ?? resource;
}

/** `1 node`, `2 nodes` */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

/** How long something has lasted that began at `since` (nanoseconds since the epoch), in whole seconds. */
export function lasting(since: number, now: Instant): string {
  const seconds = Math.max(0, Math.trunc((now - since) / 1e9));
  return formatGoDuration(nanoseconds(seconds * 1e9));
}

/** `a`, `a and b`, `a, b and c` */
export function listed(texts: readonly string[]): string {
  if (texts.length < 2) return texts.join("");
  return `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}
