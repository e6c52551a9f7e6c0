import { HCLError } from "../../hcl/index.ts";
import type { Disk } from "../../runtime/index.ts";
import { mergeSettings } from "./merge-settings.ts";
import { parseSettings } from "./parse-settings.ts";
import { defaultSettings, devSettings, type PartialSettings, type Settings } from "./settings.ts";

/** Where the configuration of one start comes from. Paths are absolute. */
export interface SettingsSources {
  readonly dev: boolean;
  /** `-config` values in the order they were given, each with the path it means. */
  readonly files: readonly { readonly given: string; readonly path: string }[];
  /** What the other flags set: it lies over everything. */
  readonly flags: PartialSettings;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Directories that held no configuration file. */
  readonly empty: readonly string[];
}

/** The configuration cannot be read; the message is what the user sees. */
export class UnreadableSettings extends Error {
  override readonly name = "UnreadableSettings";
}

/** Defaults, then `-dev`, then files and directories in order, then flags. Throws `UnreadableSettings`. */
export async function loadSettings(disk: Disk, sources: SettingsSources): Promise<LoadedSettings> {
  const layers: PartialSettings[] = sources.dev ? [devSettings] : [];
  const empty: string[] = [];
  for (const { given, path } of sources.files) {
    const files = await filesOf(disk, given, path);
    if (files.length === 0) empty.push(given);
    for (const file of files) layers.push({ ...(await readFile(disk, given, file)), Files: [file.given] });
  }
  return { settings: mergeSettings(defaultSettings, ...layers, sources.flags), empty };
}

interface NamedFile {
  readonly given: string;
  readonly path: string;
}

/** A file is itself; a directory stands for its `.hcl` and `.json` files, sorted, editors' left-overs skipped. */
async function filesOf(disk: Disk, given: string, path: string): Promise<readonly NamedFile[]> {
  try {
    const status = await disk.status(path);
    if (!status.isDirectory) return [{ given, path }];
    const entries = await disk.list(path);
    return entries
      .filter((entry) => !entry.isDirectory && /\.(hcl|json)$/.test(entry.name) && !isLeftover(entry.name))
      .map((entry) => ({ given: `${given.replace(/\/+$/, "")}/${entry.name}`, path: `${path}/${entry.name}` }));
  } catch (error) {
    throw new UnreadableSettings(`Error loading configuration from ${given}: ${reasonOf(error, `stat ${given}`)}`);
  }
}

async function readFile(disk: Disk, given: string, file: NamedFile): Promise<PartialSettings> {
  const failed = (reason: string) =>
    new UnreadableSettings(`Error loading configuration from ${given}: Error loading ${file.given}: ${reason}`);
  let bytes: Uint8Array;
  try {
    bytes = await disk.read(file.path);
  } catch (error) {
    throw failed(reasonOf(error, `open ${file.given}`));
  }
  try {
    return parseSettings(new TextDecoder().decode(bytes), file.given);
  } catch (error) {
    if (error instanceof HCLError) throw failed(withHints(error));
    if (error instanceof Error) throw failed(error.message);
    throw error;
  }
}

/** What is wrong, and below it for each problem what was probably meant. */
function withHints(error: HCLError): string {
  const hints = error.diagnostics
    .filter((found) => found.hint !== undefined)
    .map((found) => `${found.file}:${found.line}:${found.column}: ${found.hint}`);
  return [error.message, ...(hints.length > 0 ? ["", ...hints] : [])].join("\n");
}

function isLeftover(name: string): boolean {
  return name.endsWith("~") || name.startsWith(".#") || (name.startsWith("#") && name.endsWith("#"));
}

/** An error of the file system in Go's words. */
function reasonOf(error: unknown, act: string): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return `${act}: no such file or directory`;
  if (code === "EACCES") return `${act}: permission denied`;
  return error instanceof Error ? error.message : String(error);
}
