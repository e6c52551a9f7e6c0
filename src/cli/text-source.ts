import { resolve } from "node:path";
import type { Environment } from "./environment.ts";

type World = Pick<Environment, "readFile" | "workingDirectory" | "input" | "transport">;

/** A longer text is no job file. */
const longestJobFile = 10 * 1024 * 1024;
const mostRedirects = 10;

/** A text that cannot be had; the message says why. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** The text at a path, on standard input for `-`, or at an http or https URL. Throws `Unreadable`. */
export async function textFrom(world: World, source: string): Promise<string> {
  return new TextDecoder().decode(await bytesFrom(world, source));
}

/**
 * The text to which exactly these bytes belong, for what is to be written back: bytes that are no UTF-8 are refused, and
 * a byte order mark stays. Throws `Unreadable`.
 */
export async function exactTextFrom(world: World, source: string): Promise<string> {
  const bytes = await bytesFrom(world, source);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new Unreadable("it is no text in UTF-8", { cause: error });
  }
}

async function bytesFrom(world: World, source: string): Promise<Uint8Array> {
  if (source === "-") return gathered(world.input);
  if (isURL(source)) return download(world, source);
  const path = resolve(world.workingDirectory, source);
  try {
    return await gathered(world.readFile(path));
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(`source path ${reasonOf(error as NodeJS.ErrnoException, path)}`, { cause: error });
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException, path: string): string {
  switch (code) {
    case "ENOENT":
      return `error: stat ${path}: no such file or directory`;
    case "ENOTDIR":
      return `error: stat ${path}: not a directory`;
    case "EACCES":
      return `error: open ${path}: permission denied`;
    case "EISDIR":
      return "must be a file";
    default:
      return `error: ${message}`;
  }
}

async function download(world: World, source: string): Promise<Uint8Array> {
  let url = URL.parse(source);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    if (url === null) throw new Unreadable("not a valid URL");
    const target = `${url.pathname}${url.search}`;
    const answer = await world
      .transport(url.origin)
      .send({ method: "GET", target })
      .catch((error: Error) => {
        throw new Unreadable(`Get "${source}": ${error.message}`, { cause: error });
      });
    if (answer.status === 200) return gathered(answer.body);
    const location = [301, 302, 303, 307, 308].includes(answer.status) ? answer.headers.location : undefined;
    if (location === undefined) throw new Unreadable(`bad response code: ${answer.status}`);
    const next = URL.parse(location, url.href);
    if (next !== null && !/^https?:$/.test(next.protocol)) throw new Unreadable(`redirected to "${location}"`);
    url = next;
  }
  throw new Unreadable(`more than ${mostRedirects} redirects`);
}

async function gathered(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    length += part.length;
    if (length > longestJobFile) throw new Unreadable(`longer than ${longestJobFile} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export function isURL(source: string): boolean {
  return /^https?:\/\//i.test(source);
}
