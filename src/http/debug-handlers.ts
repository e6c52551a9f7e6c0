import { type localRoutes, type Query, Refusal } from "../api/index.ts";
import { seconds } from "../base/index.ts";
import { ProfileUnderWay } from "../runtime/index.ts";
import type { DebugFacts } from "./agent-facts.ts";
import type { HttpAnswer } from "./answer.ts";
import type { Handler, HttpContext } from "./http-context.ts";

type DebugPath = Extract<keyof typeof localRoutes, "debugProfile">;

const [usualSeconds, mostSeconds] = [30, 300];

const index = `/debug/pprof/

cmdline    the command line, with zeros between its parts
goroutine  what is under way, by kind
heap       what took memory in ?seconds=30, for Chrome: .heapprofile
profile    where the time went in ?seconds=30, for Chrome: .cpuprofile
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
          return profiled("nomad.cpuprofile", profiler.processor(seconds(secondsIn(query)), signal));
        case "heap":
          return profiled("nomad.heapprofile", profiler.heap(seconds(secondsIn(query)), signal));
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

function secondsIn(query: Query): number {
  const asked = Number(query.get("seconds") ?? usualSeconds);
  if (asked > 0 && asked <= mostSeconds) return asked;
  throw new Refusal(400, `seconds must be between 0 and ${mostSeconds}`);
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
