import type { ExitResult } from "../../drivers/index.ts";

/** How waiting for a running task came to its end. */
export type EndOfRun =
  | { readonly kind: "exited"; readonly exit: ExitResult }
  | { readonly kind: "stopped" }
  | { readonly kind: "detached" };

/** What can end the waiting: the run itself, or who owns the task. */
export interface RunEndings {
  readonly exited: Promise<ExitResult>;
  readonly stop: AbortSignal;
  readonly detach: AbortSignal;
}

/** Resolves with what comes first. The signals outlive many runs of a task; no run leaves a listener on them. */
export async function endOfRun({ exited, stop, detach }: RunEndings): Promise<EndOfRun> {
  const over = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      exited.then((exit) => resolve({ kind: "exited", exit }), reject);
      whenAborted(stop, over.signal, () => resolve({ kind: "stopped" }));
      whenAborted(detach, over.signal, () => resolve({ kind: "detached" }));
    });
  } finally {
    over.abort();
  }
}

function whenAborted(signal: AbortSignal, over: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true, signal: over });
}
