import { type FunctionHost, Unusable } from "../../hcl/index.ts";

/** A host that offers nothing: a job file is evaluated from its text and its variables alone. */
export const lonelyHost: FunctionHost = {
  randomBytes: () => {
    throw new Unusable("nothing random can be had here");
  },
};
