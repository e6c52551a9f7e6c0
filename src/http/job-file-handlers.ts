import type * as z from "zod";
import { type JobValidation, jobFileText, type localRoutes, Refusal, rpcMethods } from "../api/index.ts";
import { problemList, type Steps } from "../base/index.ts";
import { HCLError, parseBareJobInSteps, renderDiagnostic } from "../jobspec/index.ts";
import { canonicalizeJob, initializeJob, type Job, problemsOfRegistration } from "../model/index.ts";
import { inTurns } from "../runtime/index.ts";
import { type JSONBody, readBodyAs, readJSONBody } from "./body.ts";
import type { Asked, Handler, HttpContext } from "./http-context.ts";

type JobFilePath = Extract<keyof typeof localRoutes, "parseJobFile" | "validateJob">;

/** A longer job file, or one that takes more to evaluate, would keep the agent from other work for too long. */
const longestJobFile = 128 * 1024;
const mostSteps = 50_000;

type ParseRequest = z.output<typeof jobFileText>;

/** Answers about job files and jobs that nobody has registered: every agent gives them by itself. */
export function jobFileHandlers(context: HttpContext): Readonly<Record<JobFilePath, Handler>> {
  const { clock, random } = context;
  return {
    parseJobFile: async (asked) => {
      const request = await readBodyAs(jobFileText, await bodyOf(context, asked), clock);
      if (request.JobHCL === "") throw new Refusal(400, "Job spec is empty");
      const host = { randomBytes: (count: number) => Uint8Array.from({ length: count }, () => random.below(256)) };
      return { kind: "json", value: await inTurns(clock, parsed(request, host)) };
    },
    validateJob: async (asked) => {
      const { Job } = await readBodyAs(rpcMethods.registerJob.request, await bodyOf(context, asked), clock);
      if (Job === null) throw new Refusal(400, "Job must be specified");
      const job = await inTurns(clock, canonicalizeJob(Job));
      const problems = await inTurns(clock, problemsOfRegistration(job));
      const value: JobValidation = {
        DriverConfigValidated: true,
        ValidationErrors: problems,
        Error: problems.length === 0 ? "" : problemList(problems),
        Warnings: "",
      };
      return { kind: "json", value };
    },
  };
}

function* parsed(
  { JobHCL, Variables, Canonicalize, HCLv1 }: ParseRequest,
  host: { randomBytes(count: number): Uint8Array },
): Steps<Job> {
  const files = Variables === "" ? [] : [{ name: "Variables", text: Variables }];
  const inputs = { environment: {}, files, assignments: [], strict: true };
  const options = { inputs, host, onlyHCL1: HCLv1, longest: longestJobFile, steps: mostSteps };
  try {
    const job = yield* parseBareJobInSteps(JobHCL, "JobHCL", options);
    return Canonicalize ? initializeJob(job) : job;
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    throw new Refusal(400, `${error.message}\n\n${error.diagnostics.map(renderDiagnostic).join("\n")}`);
  }
}

async function bodyOf({ clock, settings, bodies: budget }: HttpContext, { request, signal }: Asked): Promise<JSONBody> {
  const { value, isLong } = await readJSONBody(request, { clock, maxBytes: settings.maxBodyBytes, budget, signal });
  return { value: value ?? {}, isLong };
}
