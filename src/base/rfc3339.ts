import type { Instant } from "./instant.ts";

/** Writes an instant as Go does by default: RFC 3339 in UTC, with as many digits below a second as are not zero. */
export function formatRfc3339(when: Instant): string {
  const total = BigInt(Math.round(when));
  const second = 1_000_000_000n;
  const nanoseconds = ((total % second) + second) % second;
  const text = new Date(Number((total - nanoseconds) / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = nanoseconds === 0n ? "" : `.${String(nanoseconds).padStart(9, "0").replace(/0+$/, "")}`;
  return `${text}${fraction}Z`;
}
