import { parseGoFlags, seconds } from "../../base/index.ts";
import { type Command, type Completed, type GeneralFlags, waysToAgents } from "../command.ts";
import type { CommandEntry, GroupEntry } from "../commands.ts";
import type { Environment } from "../environment.ts";

/** What can be said; handed in, because it is where the commands are loaded from. */
export interface Vocabulary {
  namedBy(
    words: readonly string[],
  ): { readonly entry: CommandEntry | GroupEntry; readonly name: string; readonly rest: readonly string[] } | undefined;
  subcommands(group: string): readonly (readonly [word: string, synopsis: string])[];
}

/** How long a user who has pressed the tab key may wait for servers. */
const patience = seconds(2);

const topFlags = ["-autocomplete-install", "-autocomplete-uninstall", "-help", "-version"];

/**
 * Shells put what is chosen into the line as it is. An ID that would mean something to them is not offered: it could have
 * been made to run something. Neither is one with a character at which they break words, nor one that commands take for a flag.
 */
const harmless = /^[A-Za-z0-9_./@%+,][A-Za-z0-9_./@%+,-]*$/;

/**
 * What the last word of a line may become: names of commands, flags, or IDs that servers know. `line` is all that stands
 * before the cursor, `nomad` first. Where nothing comes to mind, or it is a file, there is nothing: then shells offer files.
 */
export async function complete(
  environment: Environment,
  { namedBy, subcommands }: Vocabulary,
  line: string,
): Promise<readonly string[]> {
  const words = line.split(/\s+/).slice(1);
  const last = words.pop() ?? "";
  const starts = (candidates: readonly string[]) => candidates.filter((each) => each.startsWith(last));
  const wordsOf = (group: string) => subcommands(group).map(([word]) => word);

  if (words.length === 0) return starts(last.startsWith("-") ? topFlags : wordsOf(""));
  const named = namedBy(words);
  if (named === undefined) return [];
  const { entry, name, rest } = named;
  if (entry.kind === "group") return rest.length === 0 ? starts(wordsOf(name)) : [];
  const { command } = await entry.load();
  if (awaitsValue(command, rest)) return [];
  if (last.startsWith("-")) return last.includes("=") ? [] : starts(flagsOf(command));
  const parsed = parseGoFlags(command.flags, rest);
  if (!parsed.ok || parsed.positionals.length > 0) return [];
  const values = parsed.values as Partial<GeneralFlags> & { readonly job?: unknown };
  const wanted = values.job === true ? "jobs" : command.completes;
  return starts((await idsOf(environment, values, wanted, last)).filter((id) => harmless.test(id)));
}

function flagsOf({ flags }: Command): readonly string[] {
  return [...Object.keys(flags), "help"].sort().map((flag) => `-${flag}`);
}

/** The last of the words is a flag whose value comes next. */
function awaitsValue({ flags }: Command, words: readonly string[]): boolean {
  const flag = /^--?([^-=][^=]*)$/.exec(words.at(-1) ?? "")?.[1];
  return flag !== undefined && Object.hasOwn(flags, flag) && flags[flag]?.kind !== "boolean";
}

/** By what commands call them, how servers call them. */
const contexts: Readonly<Record<Exclude<Completed, "files">, string>> = {
  jobs: "jobs",
  allocations: "allocs",
  evaluations: "evals",
  nodes: "nodes",
  anything: "all",
};

/** IDs that begin with `prefix`, as far as servers answer in time. */
async function idsOf(
  environment: Environment,
  general: Partial<GeneralFlags>,
  wanted: Completed | undefined,
  prefix: string,
): Promise<readonly string[]> {
  if (wanted === undefined || wanted === "files") return [];
  const { agentIn, region } = waysToAgents(environment, general);
  const found = async (): Promise<readonly string[]> => {
    const { value } = await agentIn(region).search(prefix, { Context: contexts[wanted] });
    return Object.values(value.Matches).flat();
  };
  // A shell shows no errors.
  return Promise.race([found().catch(() => []), environment.sleep(patience).then(() => [])]);
}
