import { compatibleVersion } from "../model/index.ts";

/** What `nomad version` prints. */
export const versionLine = `Nomad v${compatibleVersion}`;
