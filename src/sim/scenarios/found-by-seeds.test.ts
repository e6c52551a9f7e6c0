import { test } from "node:test";
import { storm } from "../index.ts";

/** What storms found, and by which seed. A seed draws something else once storms change; the core has a test of each too. */
const found = {
  "60": "a leader that believes a server to have left takes it out only while those who remain can confirm it",
} as const;

for (const [seed, promise] of Object.entries(found)) test(promise, () => storm(seed).then(() => {}));
