/** One call of a recorded command, and what it printed. */
export interface RecordedCommand {
  readonly name: string;
  /** What followed `nomad`; IDs are named in braces. */
  readonly args: readonly string[];
  readonly code: number;
  /** It would have gone on, and was ended by Ctrl-C. */
  readonly interrupted: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Reads recordings in the form that `recordings/README.md` describes. */
export function parseRecordings(text: string): readonly RecordedCommand[] {
  return text
    .split(/^(?=# [a-z0-9-]+\n\$ nomad )/m)
    .filter((part) => part !== "")
    .map(parseRecording);
}

const form =
  /^# (?<name>\S+)\n\$ nomad (?<line>.*)\n--- exit code: (?<code>\d+)(?<end> \(ended by an interrupt\))?\n--- stdout:\n(?<stdout>[\s\S]*?)--- stderr:\n(?<stderr>[\s\S]*?)\n?$/;

function parseRecording(text: string): RecordedCommand {
  const { name, line, code, end, stdout, stderr } = form.exec(text)?.groups ?? {};
  if (name === undefined) throw new Error(`no recording: ${text.slice(0, 80)}`);
  return {
    name,
    args: [...line!.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!),
    code: Number(code),
    interrupted: end !== undefined,
    stdout: stdout!.replaceAll("␛", "\x1b"),
    stderr: stderr!.replaceAll("␛", "\x1b"),
  };
}

/**
 * What a command printed, without what differs from run to run and from machine to machine: IDs, times, ports, indexes,
 * what is used, what the machine has, and the widths that come of them.
 */
export function normalised(name: string, text: string): string {
  if (name === "logs-tail-n" || name === "fs-tail") return text.replace(/\d+/g, "<number>");
  if (name === "logs-tail-c") return endOfLogLines(text);
  const kinds = Object.entries(ownWays).filter(([prefix]) => name.startsWith(prefix));
  return kinds.reduce((so, [, way]) => way(so), common(text));
}

function common(text: string): string {
  return (
    text
      .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uuid>")
      .replace(/\b(?=[a-f]*[0-9])[0-9a-f]{8}\b/g, "<id>")
      .replace(/\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d UTC/g, "<time>")
      .replace(/\b(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?(?:s|ms|µs)\b/g, "<duration>")
      .replace(/127\.0\.0\.1:\d{4,}/g, "127.0.0.1:<port>")
      .replace(/(?<=modify index:? |Modify Index: |-check-index )\d+/g, "<index>")
      .replace(/(?<="(?:\w+Index|CreateTime|Time|AllocationTime)": )\d+/g, "<number>")
      .replace(/(\d) (?=(?:[KMG]i)?B\b)/g, "$1")
      // What is used, before what there may be.
      .replace(/\d+(?:\.\d+)?(?:[KMG]i)?B?\//g, "<used>/")
      .replace(/\d+\.\d+%/g, "<percent>")
      .replace(/(?<=\S) {2,}/g, "  ")
      .replace(/ +(?== )/g, " ")
      .replace(/(?<=stat )\S*(?=\/none\.nomad)/, "<work-dir>")
      .replace(/ +$/gm, "")
  );
}

/** What is dropped besides, by the first words of a recording's name. */
const ownWays: Readonly<Record<string, (text: string) => string>> = {
  "": (text) => text.replace(/([Uu]sage: nomad(?: [a-z-]+)?)\s[\s\S]*$/, "$1 …"),
  agent: (text) => text.replace(/\S*\/(?=(?:agent|bad|none)\.hcl)/g, "").replace(/(?<=stream in below:\n)[\s\S]*$/, ""),
  "agent-info": (text) => text.replace(/ = .*$/gm, " = …"),
  "alloc-status": (text) =>
    text.replace(/(?<=binpack"(?: =|:) )0\.\d+$/m, "<score>").replace(/(?<=RSS {2}Swap\n).*$/m, "<size>  <size>"),
  fs: (text) =>
    logLines(text)
      .replace(/^([d-][rwx-]{9}) {2}\S+/gm, "$1  <size>")
      .replace(/(?<=stat )\S*(?=\/<uuid>)/, "<alloc-dir>"),
  logs: logLines,
  "node-status": (text) =>
    text
      .replace(/\/\d+(?:\.\d+)?(?:[KMG]iB| MHz)/g, "/<size>")
      .replace(/= \d+(?:\.\d+)?[KMG]iB$/gm, "= <size>")
      .replace(/^(Device|MountPoint) = .*$/gm, "$1 = …")
      .replace(/= cpu\d+$/gm, "= cpu<n>")
      // One block of each kind: how many cores and disks there are is the machine's.
      .replace(/((?:^\S.*\n)+\n)(?:\1)+/gm, "$1")
      .replace(/(?<=^\S*Attributes\S*\n)[\s\S]*$/m, "…\n"),
  "server-members-detailed": (text) => text.replace(/\S+=\S+(?:,\S+=\S+)+/g, (tags) => tagNames(tags)),
  "server-members": (text) => text.replace(/127\.0\.0\.1 {2}\d+/, "127.0.0.1  <port>"),
  // Whether what is placed starts before or after the evaluation has ended is up to chance.
  run: statusChanges,
  stop: (text) => statusChanges(text),
  "eval-status-monitor": statusChanges,
};

/** A task prints a line each second: what counts is which output it is, and that there is some. */
function logLines(text: string): string {
  return text.replace(/^(?:(line|warn) \d+\n)+/gm, "$1 <numbers>\n");
}

/** The last bytes of such lines: where the first of them begins is up to how far the task has counted. */
function endOfLogLines(text: string): string {
  return text === "" ? "" : `${text.length} bytes: ${logLines(text.replace(/^ ?\d*\n/, ""))}`;
}

function statusChanges(text: string): string {
  return text.replace(/^ {4}Allocation .* status changed: .*\n/gm, "");
}

function tagNames(tags: string): string {
  return tags
    .split(",")
    .map((tag) => tag.replace(/=.*/, ""))
    .sort()
    .join(",");
}
