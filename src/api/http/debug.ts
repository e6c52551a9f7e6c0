import { localRoute } from "./route.ts";

/** There only where the operator has switched debugging on. */
export const debugIndex = localRoute<undefined>()({ verbs: "any", path: "/debug/pprof/" });

export const debugProfile = localRoute<undefined>()({ verbs: "any", path: "/debug/pprof/{Profile}" });
