import type { Fingerprint } from "./fingerprint.ts";

/** Attributes `nomad.*`: which program this is and where its HTTP interface is reached. */
export const nomadFingerprint: Fingerprint = {
  name: "nomad",
  async detect({ config }) {
    return {
      attributes: {
        "nomad.version": config.version,
        "nomad.revision": config.revision,
        "nomad.advertise.address": config.httpAddress,
      },
    };
  },
};
