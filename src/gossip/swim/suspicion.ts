import { DeadlineQueue, type Duration, type Instant, later, longer, times } from "../../base/index.ts";
import type { SwimTiming } from "./timing.ts";

/** When a suspicion becomes a verdict. */
export interface SuspicionSpan {
  readonly min: Duration;
  readonly max: Duration;
  /** How many others must confirm for the shortest time. */
  readonly expected: number;
}

/** The span in a pool of `members`. */
export function suspicionSpan(members: number, timing: SwimTiming): SuspicionSpan {
  const scale = Math.max(1, Math.log10(Math.max(1, members)));
  const min = times(timing.probeInterval, timing.suspicionMultiplier * scale);
  const wanted = timing.suspicionMultiplier - 2;
  // Besides the suspect and us there must be as many who could confirm.
  const expected = members - 2 < wanted ? 0 : wanted;
  return { min, max: times(min, timing.suspicionMaxFactor), expected };
}

/**
 * How long a suspect may stay silent before it is declared dead: between `min` and `max`, shrinking with the logarithm
 * of independent confirmations, so that many witnesses decide fast and one does not.
 * Source: Lifeguard (Dadgar et al., 2017), local-health-aware suspicion.
 */
export function suspicionTimeout(confirmations: number, { min, max, expected }: SuspicionSpan): Duration {
  if (expected < 1) return min;
  const share = Math.log(confirmations + 1) / Math.log(expected + 1);
  return longer(min, times(max, 1 - share * (1 - min / max)));
}

interface Suspicion {
  readonly since: Instant;
  readonly span: SuspicionSpan;
  /** Who suspects; the first does not count as a confirmation. */
  readonly witnesses: Set<string>;
  /** Whether the suspect has answered our own last question to it. */
  hasAnswered: boolean;
}

/** A suspicion whose time is up: how many others confirmed it, of how many that were to. */
interface Verdict {
  readonly suspect: string;
  readonly confirmations: number;
  readonly expected: number;
  readonly hasAnswered: boolean;
}

/** Who is suspected, by whom, and until when. */
export class Suspicions {
  readonly #open = new Map<string, Suspicion>();
  readonly #deadlines = new DeadlineQueue<string>();

  has(suspect: string): boolean {
    return this.#open.has(suspect);
  }

  begin(now: Instant, suspect: string, witness: string, span: SuspicionSpan): void {
    this.#open.set(suspect, { since: now, span, witnesses: new Set([witness]), hasAnswered: false });
    this.#deadlines.set(suspect, later(now, suspicionTimeout(0, span)));
  }

  /** Whether `witness` is a new one, and one that matters: its word is worth spreading. */
  confirm(suspect: string, witness: string): boolean {
    const suspicion = this.#open.get(suspect);
    if (suspicion === undefined) return false;
    const { since, span, witnesses } = suspicion;
    if (witnesses.has(witness) || witnesses.size > span.expected) return false;
    witnesses.add(witness);
    this.#deadlines.set(suspect, later(since, suspicionTimeout(witnesses.size - 1, span)));
    return true;
  }

  /** We have asked the suspect ourselves, and it has answered or not. */
  asked(suspect: string, { hasAnswered }: { readonly hasAnswered: boolean }): void {
    const suspicion = this.#open.get(suspect);
    if (suspicion !== undefined) suspicion.hasAnswered = hasAnswered;
  }

  end(suspect: string): void {
    this.#open.delete(suspect);
    this.#deadlines.delete(suspect);
  }

  /** Gives everybody more time: we were not there to listen. */
  extend(by: Duration): void {
    for (const [suspect, { since, span, witnesses, hasAnswered }] of [...this.#open]) {
      const moved = later(since, by);
      this.#open.set(suspect, { since: moved, span, witnesses, hasAnswered });
      this.#deadlines.set(suspect, later(moved, suspicionTimeout(witnesses.size - 1, span)));
    }
  }

  wakeAt(): Instant | undefined {
    return this.#deadlines.earliest();
  }

  /** Removes and returns those whose time is up. */
  takeExpired(now: Instant): readonly Verdict[] {
    return this.#deadlines.takeUntil(now).map((suspect) => {
      const { span, witnesses, hasAnswered } = this.#open.get(suspect) as Suspicion;
      this.#open.delete(suspect);
      return { suspect, confirmations: witnesses.size - 1, expected: span.expected, hasAnswered };
    });
  }
}
