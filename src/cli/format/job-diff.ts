import { printable } from "../../base/index.ts";
import type { FieldDiff, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff } from "../../model/index.ts";
import { goQuote } from "./go-quote.ts";
import type { Palette } from "./palette.ts";

interface Style {
  readonly palette: Palette;
  /** Show also what is usually left out: all of a job or task that is wholly new or gone. */
  readonly verbose: boolean;
}

/**
 * How a new version of a job differs, as lines. `+` is added, `-` is gone, `+/-` is changed; names in a block stand
 * below one another, and values too.
 */
export function jobDiffText(diff: JobDiff, style: Style): string {
  const { bold, reset } = style.palette;
  const groups = list(diff.TaskGroups);
  const widestMarker = widestOf([...list(diff.Fields), ...list(diff.Objects), ...groups]);
  const title = `${marked(diff.Type, 0, style)}${bold}Job: ${goQuote(diff.ID)}`;
  const own = isShown(diff.Type, style) ? rows(diff, { indent: 0, widestMarker }, style) : [];
  const [first, ...others] = groups.map((group) => groupLines(group, widestMarker, style).join("\n"));
  const apart = others.map((text) => `\n${text}`);
  return [title, ...own, ...(first === undefined ? [] : [first, ...apart])].join("\n") + reset;
}

function groupLines(group: TaskGroupDiff, widestAround: number, style: Style): readonly string[] {
  const { bold, reset } = style.palette;
  const marker = marked(group.Type, widestAround, style);
  const title = `${marker}${bold}Task Group: ${goQuote(group.Name)}${reset}${updates(group, style)}`;
  const tasks = list(group.Tasks);
  const widestMarker = widestOf([...list(group.Fields), ...list(group.Objects), ...tasks]);
  const own = isShown(group.Type, style) ? rows(group, { indent: 2, widestMarker }, style) : [];
  return [title, ...own, ...tasks.flatMap((task) => taskLines(task, widestMarker, style))];
}

/** How many allocations would be created, replaced and so on; nothing if there are none. */
function updates({ Updates }: TaskGroupDiff, { palette }: Style): string {
  const { reset } = palette;
  const counts = Object.entries(Updates ?? {})
    .map(([kind, count]) => ({ text: `${count} ${kind}`, colour: updateColour(kind, palette) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1));
  if (counts.length === 0) return "";
  return ` (${counts.map(({ text, colour }) => `${reset}${colour}${text}`).join(", ")}${reset})`;
}

function updateColour(kind: string, palette: Palette): string {
  switch (kind) {
    case "create":
      return palette.green;
    case "destroy":
      return palette.red;
    case "migrate":
      return palette.blue;
    case "in-place update":
      return palette.cyan;
    case "create/destroy update":
      return palette.yellow;
    default:
      return "";
  }
}

function taskLines(task: TaskDiff, widestAround: number, style: Style): readonly string[] {
  const { bold, reset } = style.palette;
  const title = `  ${marked(task.Type, widestAround, style)}${bold}Task: ${goQuote(task.Name)}`;
  const annotations = list(task.Annotations);
  const line = annotations.length === 0 ? title : `${title} ${reset}(${annotationText(annotations, style)})`;
  if (task.Type === "None" || !isShown(task.Type, style)) return [line];
  const widestMarker = widestOf([...list(task.Fields), ...list(task.Objects)]);
  return [line, ...rows(task, { indent: 4, widestMarker }, style)];
}

/** Of what is wholly new or gone, the parts are shown only on wish. */
function isShown(type: string, { verbose }: Style): boolean {
  return type === "Edited" || verbose;
}

interface Parts {
  readonly Fields: readonly FieldDiff[];
  readonly Objects: readonly ObjectDiff[];
}

interface Columns {
  readonly indent: number;
  /** Names stand behind a marker of this width, whether they have one or not. */
  readonly widestMarker: number;
}

/** Fields, then blocks: names below one another, and values too. */
function rows({ Fields, Objects }: Parts, columns: Columns, style: Style): readonly string[] {
  const fields = list(Fields);
  const widestName = Math.max(0, ...fields.map(({ Name }) => Name.length));
  return [
    ...fields.map((field) => fieldLine(field, { ...columns, widestName }, style)),
    ...list(Objects).flatMap((object) => objectLines(object, columns, style)),
  ];
}

function fieldLine(
  { Type, Name, Old, New, Annotations }: FieldDiff,
  { indent, widestMarker, widestName }: Columns & { readonly widestName: number },
  style: Style,
): string {
  const start = " ".repeat(indent) + marked(Type, widestMarker, style);
  const gap = " ".repeat(widestName - Name.length + 1);
  const annotations = list(Annotations);
  const notes = annotations.length === 0 ? "" : ` (${annotationText(annotations, style)})`;
  return `${start}${printable(Name)}:${gap}${change(Type, Old, New)}${notes}`;
}

function change(type: string, before: string, after: string): string {
  if (type === "Edited") return `${goQuote(before)} => ${goQuote(after)}`;
  return goQuote(type === "Deleted" ? before : after);
}

/** The closing brace stands below the marker. */
function objectLines(object: ObjectDiff, { indent, widestMarker }: Columns, style: Style): readonly string[] {
  const start = " ".repeat(indent);
  const widestInside = widestOf([...list(object.Fields), ...list(object.Objects)]);
  return [
    `${start}${marked(object.Type, widestMarker, style)}${printable(object.Name)} {`,
    ...rows(object, { indent: indent + 2, widestMarker: widestInside }, style),
    `${start}}`,
  ];
}

const annotationColours: Readonly<Record<string, keyof Palette>> = {
  "forces create": "green",
  "forces destroy": "red",
  "forces in-place update": "cyan",
  "forces create/destroy update": "yellow",
};

function annotationText(annotations: readonly string[], { palette }: Style): string {
  return annotations
    .map((text) => {
      const colour = Object.hasOwn(annotationColours, text) ? palette[annotationColours[text]!] : "";
      return colour === "" ? printable(text) : `${colour}${text}${palette.reset}`;
    })
    .join(", ");
}

/** The sign of a change, filled up to a width. */
function marked(type: string, width: number, { palette }: Style): string {
  return `${sign(type, palette)}${" ".repeat(Math.max(0, width - markerWidth(type)))}`;
}

function sign(type: string, palette: Palette): string {
  switch (type) {
    case "Added":
      return `${palette.green}+${palette.reset} `;
    case "Deleted":
      return `${palette.red}-${palette.reset} `;
    case "Edited":
      return `${palette.brightYellow}+/-${palette.reset} `;
    default:
      return "";
  }
}

function markerWidth(type: string): number {
  if (type === "Edited") return 4;
  return type === "Added" || type === "Deleted" ? 2 : 0;
}

function widestOf(diffs: readonly { readonly Type: string }[]): number {
  return Math.max(0, ...diffs.map(({ Type }) => markerWidth(Type)));
}

function list<Element>(elements: readonly Element[] | null): readonly Element[] {
  return elements ?? [];
}
