import type { Instant } from "./instant.ts";

/**
 * A protocol as a value: it is fed inputs and answers with effects, all of them data.
 * It awaits nothing, owns no timer and reads no clock; its host asks and acts.
 */
export interface Core<Input, Effects> {
  step(now: Instant, input: Input): Effects;
  /** When to step again with `{ kind: "wake" }` if nothing else happens; undefined means never. */
  wakeAt(): Instant | undefined;
}
