import { printable } from "../../base/index.ts";
import type { ExplainedGroup, Explanation, Remedy } from "../../model/index.ts";
import { goQuote } from "./go-quote.ts";
import { heading, type Palette } from "./palette.ts";

/** Why something does not run, as people read it: how the job is, then each group with who refuses it and what would help. */
export function explanationText(explanation: Explanation, palette: Palette): string {
  const { Summary, Remarks, Earlier, Groups } = explanation;
  const news = Earlier.filter(({ Group, Reasons }) => Reasons.length > 0 && !isStillSo(Groups, Group, Reasons));
  const parts = [
    [heading(palette, printable(Summary)), ...Remarks.map(({ Text }) => printable(Text))],
    ...news.map(({ Group, NodesRefusing, Reasons }) => [
      `At that time task group ${goQuote(Group)} had no place on ${nodes(NodesRefusing)}:`,
      ...listed(Reasons),
    ]),
    ...Groups.map((group) => groupLines(group, explanation, palette)),
  ];
  return parts.map((lines) => lines.join("\n")).join("\n\n");
}

function isStillSo(groups: readonly ExplainedGroup[], name: string, reasons: readonly string[]): boolean {
  return groups.some(({ Name, Reasons }) => Name === name && Reasons.join("\n") === reasons.join("\n"));
}

function groupLines(group: ExplainedGroup, explanation: Explanation, palette: Palette): readonly string[] {
  const { Name, Unplaced, NodesRefusing, Reasons, Remarks } = group;
  const refusing = `${Unplaced > 0 ? "No place" : "Not"} on ${nodes(NodesRefusing)}:`;
  return [
    `${heading(palette, `Task Group ${goQuote(Name)}`)}: ${counts(group)}`,
    ...Remarks.map(({ Text }) => printable(Text)),
    ...(Reasons.length === 0 ? [] : [refusing, ...listed(Reasons)]),
    ...advice(group, explanation),
  ];
}

function counts({ Wanted, Running, Starting, Ended, Placeable, Unplaced }: ExplainedGroup): string {
  const told = [
    [Running, "running"],
    [Starting, "starting"],
    [Ended, "ended"],
    [Placeable, "to be placed"],
    [Unplaced, "without a place"],
  ] as const;
  const there = told.filter(([count, what]) => count > 0 || what === "running");
  return [`${Wanted} wanted`, ...there.map(([count, what]) => `${count} ${what}`)].join(", ");
}

/** Nothing is said of a group that needs no help. */
function advice({ Remedies, Unplaced }: ExplainedGroup, { IsCut }: Explanation): readonly string[] {
  const rest = IsCut ? ["Not everything could be tried: there may be other ways."] : [];
  if (Remedies.length > 0)
    return ["Any one of these would help. Each was tried:", ...listed(Remedies.map(remedyText)), ...rest];
  return Unplaced > 0 ? ["No single change that was tried would help.", ...rest] : [];
}

function remedyText({ Text, Places }: Remedy): string {
  return `${Text}: room for ${Places} more`;
}

function listed(texts: readonly string[]): readonly string[] {
  return texts.map((text) => `  * ${printable(text)}`);
}

function nodes(count: number): string {
  return `${count} node${count === 1 ? "" : "s"}`;
}
