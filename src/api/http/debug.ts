import { localRoute } from "./route.ts";

/** There only where the operator has switched debugging on. Without a name it lists what there is. */
export const debugProfile = localRoute<undefined>()({ verbs: "any", path: "/debug/pprof/{Profile}" });
