import { type Duration, isBefore, later, milliseconds } from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import { pause } from "../pause.ts";
import { gaugeLine, LineBuffer } from "./line-buffer.ts";
import type { LineReceiver } from "./line-receiver.ts";
import type { MeasuredMetrics } from "./measured-metrics.ts";

/** What came is sent so often. */
const flushInterval = milliseconds(100);
/** Gauges are sent so many at a time, for a million of them need not be held. */
const gaugesAtOnce = 1000;

/**
 * Sends all that is measured to `receiver` until `signal` fires: what is counted and timed soon after it came, gauges every
 * `interval`. `host` is put into the names of gauges.
 */
export async function sendMetrics(
  { metrics, clock }: { readonly metrics: MeasuredMetrics; readonly clock: Clock },
  receiver: LineReceiver,
  { interval, host }: { readonly interval: Duration; readonly host: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const buffer = new LineBuffer();
  const unheard = metrics.listen(buffer);
  let gaugesDue = clock.now();
  while (await pause(clock, flushInterval, signal)) {
    await flush(receiver, buffer.take());
    if (isBefore(clock.now(), gaugesDue)) continue;
    gaugesDue = later(clock.now(), interval);
    const lines: string[] = [];
    await metrics.gauges((gauge) => lines.push(gaugeLine(gauge, host)));
    for (let at = 0; at < lines.length && !signal.aborted; at += gaugesAtOnce) {
      await flush(receiver, lines.slice(at, at + gaugesAtOnce));
    }
  }
  unheard();
  await receiver.close();
}

async function flush(receiver: LineReceiver, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await receiver.send(lines);
}
