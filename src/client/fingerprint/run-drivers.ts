import { formatGoDuration } from "../../base/index.ts";
import type { Driver } from "../../drivers/index.ts";
import type { Background } from "../background.ts";
import type { LocalNode } from "../local-node.ts";
import type { FingerprintContext } from "./fingerprint.ts";
import { whitelisted } from "./run-fingerprints.ts";

/**
 * Asks each driver whether it works here and notes the answers on the node; those that may change their mind are
 * listened to in the background. Gives the drivers that tasks may use, by name.
 */
export async function fingerprintDrivers(
  drivers: readonly Driver<unknown>[],
  node: LocalNode,
  context: FingerprintContext,
  background: Background,
): Promise<ReadonlyMap<string, Driver<unknown>>> {
  const log = context.log.named("client");
  const isListed = whitelisted(context.config, "driver.whitelist");
  const allowed = drivers.filter(({ name }) => isListed(name));
  const available: string[] = [];
  for (const driver of allowed) {
    const answers = driver.fingerprint(context.config.options, context.signal)[Symbol.asyncIterator]();
    const first = await answers.next();
    if (first.done === true) continue;
    node.setDriver(driver.name, first.value, context.runtime.clock.wallTime());
    if (first.value.detected) available.push(driver.name);
    const every = driver.capabilities.fingerprintEvery;
    if (every !== undefined) log.debug(`fingerprinting ${driver.name} every ${formatGoDuration(every)}`);
    background.start(`fingerprint of driver ${driver.name}`, () => follow(driver.name, answers, node, context));
  }
  log.debug(`available drivers [${available.join(" ")}]`);
  const skipped = drivers.map(({ name }) => name).filter((name) => !isListed(name));
  if (skipped.length > 0) log.debug(`drivers skipped due to whitelist: [${skipped.join(" ")}]`);
  return new Map(allowed.map((driver) => [driver.name, driver]));
}

async function follow(
  name: string,
  answers: AsyncIterator<Parameters<LocalNode["setDriver"]>[1]>,
  node: LocalNode,
  context: FingerprintContext,
): Promise<void> {
  for (let next = await answers.next(); next.done !== true; next = await answers.next()) {
    node.setDriver(name, next.value, context.runtime.clock.wallTime());
  }
}
