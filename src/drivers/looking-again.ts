import type { Duration } from "../base/index.ts";
import type { Runtime } from "../runtime/index.ts";
import type { Fingerprint } from "./driver.ts";

/** What a look at the machine found: whether the driver works, or why not, and attributes besides its own name. */
export interface Finding {
  readonly obstacle?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Looks `every` so often whether driver `name` works here, the first time at once, and logs when that changes. */
export async function* lookingAgain(
  { clock, log }: Pick<Runtime, "clock" | "log">,
  driver: { readonly name: string; readonly every: Duration; readonly look: () => Promise<Finding> },
  signal: AbortSignal,
): AsyncGenerator<Fingerprint> {
  const { name, every, look } = driver;
  const ownLog = log.named(`driver.${name}`);
  let last: string | undefined = "not looked yet";
  while (!signal.aborted) {
    const { obstacle, attributes = {} } = await look();
    if (obstacle === undefined && last !== undefined) ownLog.debug(`${name} driver is enabled`);
    if (obstacle !== undefined && obstacle !== last) ownLog.debug(`${name} driver is disabled`, { reason: obstacle });
    last = obstacle;
    yield obstacle === undefined
      ? { ...works, attributes: { [`driver.${name}`]: "1", ...attributes } }
      : { detected: false, healthy: false, description: obstacle, attributes };
    await clock.sleep(every, signal).catch(() => {});
  }
}

const works = { detected: true, healthy: true, description: "Healthy" };
