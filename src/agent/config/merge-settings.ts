import type { PartialSettings, Settings } from "./settings.ts";

/**
 * Lays sources over each other, later ones winning. Lists are appended, maps and blocks merged by key. Unlike the
 * original, a later source may also turn a flag off or set a number to 0: what is written counts.
 */
export function mergeSettings(base: Settings, ...sources: readonly PartialSettings[]): Settings {
  return sources.reduce<unknown>(mergedValue, base) as Settings;
}

function mergedValue(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (Array.isArray(above)) return Array.isArray(below) ? [...below, ...above] : above;
  if (!isObject(below) || !isObject(above)) return above;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries([...keys].map((key) => [key, mergedValue(own(below, key), own(above, key))]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
