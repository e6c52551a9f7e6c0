import { type Answered, type AskOptions, noClusterLeader, UnexpectedStatus } from "../../api/index.ts";
import type { Flags } from "../../base/index.ts";
import type { Explanation } from "../../model/index.ts";
import { clientCommand, jsonFlag, type Session, templateFlag, verboseFlag } from "../command.ts";
import { answered, CommandFailed } from "../command-failed.ts";
import { explanationShape } from "../format/api-shapes.ts";
import { explanationText } from "../format/explanation.ts";
import { formatChoice } from "../format/format-choice.ts";
import { goQuote } from "../format/go-quote.ts";
import { pointer } from "../format/shape.ts";
import { evaluationTable, jobTable } from "../matching.ts";
import { showData } from "../show-data.ts";

const doing = "Error explaining";

/** `nomad explain` */
export const command = clientCommand({
  usage: "[options] <job|evaluation>",
  about: `Says in plain words why something of a job does not run, and which single changes
would help: to ask for less of something, to leave out a constraint, one more
node, one allocation less. Each change that is named was tried by the scheduler,
on a copy of the state: nothing is changed.

The job or the evaluation is named by its ID or the beginning of it; jobs come
first.`,
  optionsTitle: "Explain Options",
  completes: "jobs",
  flags: { verbose: verboseFlag, json: jsonFlag, t: templateFlag },
  run: async (session) => {
    const { flags, args, palette, say, fail, misused } = session;
    const [name] = args;
    if (name === undefined || args.length !== 1) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail(`Error getting formatter: ${choice.error}`);
    const found = await explained(session, name);
    if (found === undefined) return 0;
    if (choice.format !== undefined) return showData(session, found, pointer(explanationShape), choice.format);
    say(explanationText(found, palette));
    return 0;
  },
});

type Asking = Pick<Session<Flags>, "nomad" | "say"> & { readonly flags: { readonly verbose: boolean } };

/** Undefined if several are meant: they have been listed. Where no server leads, any one tells what it knows. */
async function explained(session: Asking, name: string): Promise<Explanation | undefined> {
  try {
    return await explanationOf(session, name, {});
  } catch (error) {
    if (!isWithoutLeader(error)) throw error;
    return explanationOf(session, name, { stale: true });
  }
}

function isWithoutLeader(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown };
  return cause instanceof UnexpectedStatus && cause.text.includes(noClusterLeader);
}

async function explanationOf(
  { nomad, say, flags }: Asking,
  name: string,
  options: AskOptions,
): Promise<Explanation | undefined> {
  const asked = async <Value>(asking: Promise<Answered<Value>>) => (await answered(doing, asking)).value;
  const jobs = (await asked(nomad.jobs.list({ ...options, prefix: name }))) ?? [];
  const job = jobs.find(({ ID }) => ID === name) ?? (jobs.length === 1 ? jobs[0] : undefined);
  if (job !== undefined) return asked(nomad.jobs.explain(job.ID, options));
  if (jobs.length > 0) {
    say(`Prefix matched multiple jobs\n\n${jobTable(jobs)}`);
    return undefined;
  }
  const prefix = evaluationPrefix(name);
  const found = prefix === undefined ? [] : ((await asked(nomad.evaluations.list({ ...options, prefix }))) ?? []);
  const [evaluation, another] = found;
  if (evaluation === undefined)
    throw new CommandFailed(`No job or evaluation with prefix or id ${goQuote(name)} found`);
  if (another === undefined) return asked(nomad.evaluations.explain(evaluation.ID, options));
  say(`Prefix matched multiple evaluations\n\n${evaluationTable(found, flags)}`);
  return undefined;
}

/** What evaluations can be looked up by: an even number of digits. Undefined if no evaluation is called so. */
function evaluationPrefix(name: string): string | undefined {
  const digits = name.replaceAll("-", "");
  if (!/^[0-9a-f]{2,32}$/i.test(digits)) return undefined;
  return digits.length % 2 === 0 ? name : name.slice(0, -1);
}
