import type * as debugRoutes from "../http/debug.ts";
import type { Descriptions } from "./description.ts";

export const debug: Descriptions<typeof debugRoutes> = {
  debugProfile: {
    summary: "Take a profile of the agent",
    details:
      "Only with `enable_debug` in the agent's configuration; else 404. `profile` and `heap` are files that Chrome's DevTools open, taken for as long as is asked, one at a " +
      "time; `goroutine` and `cmdline` are texts, and without a name one is told what there is.",
    query: { seconds: { says: "how long a profile is taken; 30 unless said", form: { type: "number", maximum: 300 } } },
    answers: { type: "*/*", says: "the profile, or the text" },
  },
};
