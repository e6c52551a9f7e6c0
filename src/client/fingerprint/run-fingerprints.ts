import { formatGoDuration } from "../../base/index.ts";
import { pause } from "../../runtime/index.ts";
import type { Background } from "../background.ts";
import { type ClientConfig, optionList } from "../config.ts";
import type { LocalNode } from "../local-node.ts";
import { builtInFingerprints } from "./built-in-fingerprints.ts";
import type { Fingerprint, FingerprintContext } from "./fingerprint.ts";

/**
 * Looks at the machine once, by name in order; what repeats or is slow goes on in the background. Rejects when a
 * fingerprint says that the agent must not go on.
 */
export async function fingerprintMachine(
  node: LocalNode,
  context: FingerprintContext,
  background: Background,
): Promise<void> {
  const log = context.log.named("client");
  const all = [...(context.config.fingerprints ?? builtInFingerprints())].sort((a, b) => (a.name < b.name ? -1 : 1));
  log.debug(`built-in fingerprints: [${all.map(({ name }) => name).join(" ")}]`);
  const isListed = whitelisted(context.config, "fingerprint.whitelist");
  const applied: string[] = [];
  for (const fingerprint of all.filter(({ name }) => isListed(name))) {
    if (fingerprint.inBackground === true) {
      background.start(`fingerprint ${fingerprint.name}`, async () => {
        await applyOnce(node, fingerprint, context);
        await repeat(node, fingerprint, context);
      });
      continue;
    }
    if (await applyOnce(node, fingerprint, context)) applied.push(fingerprint.name);
    if (fingerprint.period !== undefined) {
      log.debug(`fingerprinting ${fingerprint.name} every ${formatGoDuration(fingerprint.period)}`);
      background.start(`fingerprint ${fingerprint.name}`, () => repeat(node, fingerprint, context));
    }
  }
  log.debug(`applied fingerprints [${applied.join(" ")}]`);
  const skipped = all.map(({ name }) => name).filter((name) => !isListed(name));
  if (skipped.length > 0) log.debug(`fingerprint modules skipped due to whitelist: [${skipped.join(" ")}]`);
}

async function applyOnce(node: LocalNode, fingerprint: Fingerprint, context: FingerprintContext): Promise<boolean> {
  const facts = await fingerprint.detect(context);
  if (facts === undefined) return false;
  node.add(facts);
  return true;
}

async function repeat(node: LocalNode, fingerprint: Fingerprint, context: FingerprintContext): Promise<void> {
  const { period } = fingerprint;
  while (period !== undefined && (await pause(context.runtime.clock, period, context.signal))) {
    await applyOnce(node, fingerprint, context);
  }
}

/** Whether a name passes a whitelist option; without one every name does. */
export function whitelisted(config: ClientConfig, option: string): (name: string) => boolean {
  const listed = optionList(config, option);
  return (name) => listed.length === 0 || listed.includes(name);
}
