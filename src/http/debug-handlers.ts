import { type localRoutes, type Query, Refusal } from "../api/index.ts";
import { type Duration, seconds } from "../base/index.ts";
import { ProfileUnderWay } from "../runtime/index.ts";
import type { DebugFacts } from "./agent-facts.ts";
import type { HttpAnswer } from "./answer.ts";
import type { Handler, HttpContext } from "./http-context.ts";

type DebugPath = Extract<keyof typeof localRoutes, "debugProfile">;

/** How long a profile takes unless said, and at most; and a trace, of which every moment takes memory. */
const profileTime = { usual: 30, most: 300 };
const traceTime = { usual: 1, most: 30 };

const index = `/debug/pprof/

cmdline    the command line, with zeros between its parts
goroutine  what is under way, by kind
heap       what took memory in ?seconds=30, for Chrome: .heapprofile
profile    where the time went in ?seconds=30, for Chrome: .cpuprofile
trace      what was done in ?seconds=1, event by event, for Chrome and Perfetto
`;

/** What profilers ask. Where debugging is off there is nothing at all. */
export function debugHandlers({ agent }: HttpContext): Readonly<Record<DebugPath, Handler>> {
  const facts = (): DebugFacts => {
    if (agent.debug === undefined) throw new Refusal(404, "enable_debug is not set");
    return agent.debug;
  };
  return {
    debugProfile: async ({ path, query, signal }) => {
      const { profiler, commandLine } = facts();
      switch (path.Profile) {
        case "":
          return text(index);
        case "cmdline":
          return text(commandLine.join("\0"));
        case "goroutine":
          return text([...profiler.underWay()].map(([kind, count]) => `${count} ${kind}\n`).join(""));
        case "profile":
          return profiled("nomad.cpuprofile", profiler.processor(secondsIn(query, profileTime), signal));
        case "heap":
          return profiled("nomad.heapprofile", profiler.heap(secondsIn(query, profileTime), signal));
        case "trace":
          return profiled("nomad-trace.json", profiler.trace(secondsIn(query, traceTime), signal));
        default:
          throw unknown();
      }
    },
  };
}

function unknown(): Refusal {
  return new Refusal(404, "404 page not found\n");
}

function text(said: string): HttpAnswer {
  return { kind: "text", status: 200, text: said };
}

function secondsIn(query: Query, { usual, most }: typeof profileTime): Duration {
  const asked = Number(query.get("seconds") ?? usual);
  if (asked > 0 && asked <= most) return seconds(asked);
  throw new Refusal(400, `seconds must be between 0 and ${most}`);
}

async function profiled(fileName: string, taken: Promise<string>): Promise<HttpAnswer> {
  const headers = { "Content-Disposition": `attachment; filename="${fileName}"` };
  try {
    return { kind: "pieces", pieces: only(await taken), type: "application/octet-stream", headers };
  } catch (error) {
    if (error instanceof ProfileUnderWay) throw new Refusal(500, `Could not take a profile: ${error.message}`);
    throw error;
  }
}

async function* only(piece: string): AsyncGenerator<string> {
  yield piece;
}
