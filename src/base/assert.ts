/** An invariant of ours does not hold: a defect, never a condition of the world. */
export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** States what must hold, in production too: a server that has lost an invariant stops rather than lies. */
export function assert(condition: unknown, promise: string): asserts condition {
  if (!condition) throw new AssertionFailed(`Broken promise: ${promise}`);
}

/** Closes a `switch` over a union: a kind that is not handled becomes a compile error here. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`Unreachable: ${JSON.stringify(value)}`);
}
