import { type Duration, later } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";

/** Settles as `promise` does, or rejects with what `late` makes when that takes longer than `time`. */
export function within<Value>(
  clock: Clock,
  time: Duration,
  promise: Promise<Value>,
  late: () => Error,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = clock.at(later(clock.now(), time), () => reject(late()));
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
