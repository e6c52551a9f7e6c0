import { booleanFlag, type Flags } from "../../base/index.ts";
import type { Member } from "../../model/index.ts";
import { clientCommand, described, jsonFlag, type Session, templateFlag } from "../command.ts";
import { answered, isRefusal } from "../command-failed.ts";
import { memberShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { list, pointer } from "../format/shape.ts";
import { columns } from "../format/table.ts";
import { showData } from "../show-data.ts";

/** `nomad server-members` */
export const command = clientCommand({
  usage: "[options]",
  about: "Lists the servers that the agent knows, and how they are.",
  optionsTitle: "Server Members Options",
  flags: {
    detailed: described(booleanFlag(), "Show the tags of each server, instead of what is usually told of them."),
    json: jsonFlag,
    t: templateFlag,
  },
  run: async (session) => {
    const { nomad, flags, args, say, fail, misused } = session;
    if (args.length > 0) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail("Both -json and -t are not allowed");
    const members = await answered("Error querying servers", nomad.agent.members());
    const sorted = [...members].sort(byRegionAndName);
    if (choice.format !== undefined) {
      return showData(session, sorted, list(pointer(memberShape)), choice.format);
    }
    if (flags.detailed) {
      say(columns([["Name", "Address", "Port", "Tags"], ...sorted.map(detailedRow)], { blanks: true }));
      return 0;
    }
    const { leaders, trouble } = await leadersOf(session, sorted);
    const header = ["Name", "Address", "Port", "Status", "Leader", "Protocol", "Build", "Datacenter", "Region"];
    say(columns([header, ...sorted.map((member) => row(member, leaders))], { blanks: true }));
    return trouble === undefined ? 0 : fail(`Error determining leaders: ${trouble}`);
  },
});

function byRegionAndName(a: Member, b: Member): number {
  const key = ({ Name, Tags }: Member): string => [Tags?.region, Tags?.dc, Name].join("\0");
  return key(a) < key(b) ? -1 : 1;
}

/** The region and RPC address of each leader, as far as one is known, and why one is not. */
async function leadersOf(
  { inRegion }: Pick<Session<Flags>, "inRegion">,
  members: readonly Member[],
): Promise<{ readonly leaders: ReadonlySet<string>; readonly trouble: string | undefined }> {
  const regions = [...new Set(members.map(({ Tags }) => Tags?.region ?? ""))];
  const answers = await Promise.all(regions.map((region) => inRegion(region).status.leader().catch(refusal)));
  const refusals = answers.filter((answer) => answer instanceof Error);
  const leaders = answers.map((answer, at) => (answer instanceof Error ? "" : `${regions[at]} ${answer.value}`));
  return { leaders: new Set(leaders), trouble: refusals[0]?.message };
}

function refusal(error: unknown): Error {
  if (isRefusal(error)) return error;
  throw error;
}

function row(member: Member, leaders: ReadonlySet<string>): readonly string[] {
  const { region = "", dc = "", build = "", port = "" } = member.Tags ?? {};
  return [
    member.Name,
    member.Addr,
    String(member.Port),
    member.Status,
    String(leaders.has(`${region} ${hostAndPort(member.Addr, port)}`)),
    String(member.ProtocolCur),
    build,
    dc,
    region,
  ];
}

function hostAndPort(host: string, port: string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function detailedRow(member: Member): readonly string[] {
  const tags = Object.entries(member.Tags ?? {}).map(([name, value]) => `${name}=${value}`);
  return [member.Name, member.Addr, String(member.Port), tags.join(",")];
}
