import { localRoute } from "./route.ts";

/** A copy of the state, as a file that `PUT` takes back: gzip, with its digest in the header `Digest`. */
export const saveSnapshot = localRoute<never>()({ verbs: ["GET"], path: "/v1/operator/snapshot" });

/** Puts the state of the file that is the body in place of the present one. */
export const restoreSnapshot = localRoute<undefined>()({ verbs: ["PUT", "POST"], path: "/v1/operator/snapshot" });
