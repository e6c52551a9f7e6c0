import { type Duration, InvalidDuration, minutes, parseGoDuration, seconds } from "../../base/index.ts";
import { ArtifactError, refusal } from "./artifact-error.ts";

/** What fetching artifacts may take and do on this node: `artifact.…` among the client's options. */
export interface ArtifactLimits {
  /** From the first byte to the last, all redirects and new tries included. */
  readonly downloadTime: Duration;
  /** How long a server may send nothing. */
  readonly stallTime: Duration;
  readonly downloadBytes: number;
  readonly s3Time: Duration;
  readonly gitTime: Duration;
  readonly mercurialTime: Duration;
  /** A file of the hosts that ssh may speak to; undefined lets it speak to any. */
  readonly knownHosts: string | undefined;
  /** All that an archive, or a clone, comes to on the disk. */
  readonly unpackedBytes: number;
  readonly unpackedEntries: number;
  /** Addresses of the link, at which clouds tell machines their secrets. */
  readonly allowLinkLocal: boolean;
  /** Files of this machine as sources, read with the agent's rights. */
  readonly allowFiles: boolean;
}

const gigabyte = 1e9;

/** Reads the options; those that are missing are as they usually are. Throws `ArtifactError` for one that cannot be read. */
export function artifactLimits(options: Readonly<Record<string, string>>): ArtifactLimits {
  const read = <Value, Otherwise>(name: string, otherwise: Otherwise, parse: (text: string) => Value | undefined) => {
    const text = options[`artifact.${name}`];
    if (text === undefined) return otherwise;
    const value = parse(text.trim());
    if (value === undefined) {
      throw refusal(`the client option "artifact.${name}" cannot be read: ${JSON.stringify(text)}`);
    }
    return value;
  };
  return {
    downloadTime: read("http_read_timeout", minutes(30), parseTime),
    stallTime: read("http_stall_timeout", seconds(60), parseTime),
    downloadBytes: read("http_max_size", 100 * gigabyte, parseSize),
    s3Time: read("s3_timeout", minutes(30), parseTime),
    gitTime: read("git_timeout", minutes(30), parseTime),
    mercurialTime: read("hg_timeout", minutes(30), parseTime),
    knownHosts: read("ssh_known_hosts", undefined, parsePath),
    unpackedBytes: read("decompression_size_limit", 100 * gigabyte, parseSize),
    unpackedEntries: read("decompression_file_count_limit", 4096, parseCount),
    allowLinkLocal: read("allow_link_local", false, parseSwitch),
    allowFiles: read("allow_file", false, parseSwitch),
  };
}

/** The first option that cannot be read, as `artifactLimits` says it; undefined when all can. */
export function artifactOptionsProblem(options: Readonly<Record<string, string>>): string | undefined {
  try {
    artifactLimits(options);
    return undefined;
  } catch (error) {
    if (error instanceof ArtifactError) return error.message;
    throw error;
  }
}

function parseTime(text: string): Duration | undefined {
  try {
    const time = parseGoDuration(text);
    return time > 0 ? time : undefined;
  } catch (error) {
    if (error instanceof InvalidDuration) return undefined;
    throw error;
  }
}

const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: gigabyte,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes, or a number with a unit such as `100GB` or `64MiB`. */
function parseSize(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d{1,15})\s*([a-z]{0,3})$/i.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

function parseCount(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** As an argument of ssh, in which a space would begin another. */
function parsePath(text: string): string | undefined {
  return /^\/[\w./-]*$/.test(text) ? text : undefined;
}

function parseSwitch(text: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(text)) return true;
  return /^(0|f|false)$/i.test(text) ? false : undefined;
}
