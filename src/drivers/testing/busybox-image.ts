import { join } from "node:path";
import type { HttpClient, Runtime } from "../../runtime/index.ts";

/** A program that is a whole system of programs, and needs no library: Debian's `busybox-static`. */
const busybox = "/bin/busybox";
const programs = [
  "cat",
  "dd",
  "echo",
  "env",
  "httpd",
  "id",
  "kill",
  "ls",
  "nc",
  "printf",
  "sh",
  "sleep",
  "sync",
  "true",
  "yes",
];
/** Where tests find the engine. */
export const testSocket = "/var/run/docker.sock";

/** An image for tests, made out of nothing in an engine. */
export interface TestImage {
  readonly name: string;
  remove(): Promise<void>;
}

/** Makes an image that holds the host's busybox. Rejects when the host has none. */
export async function busyboxImage(
  { disk, http }: Pick<Runtime, "disk" | "http">,
  name: string,
  socket = testSocket,
): Promise<TestImage> {
  const engine = http.client(socket);
  const archive = tarball([
    { name: join("bin", "busybox"), content: await disk.read(busybox) },
    ...programs.map((program) => ({ name: join("bin", program), link: "busybox" })),
  ]);
  const [repository, tag] = name.split(":");
  const target = `/images/create?fromSrc=-&repo=${repository}&tag=${tag}&changes=${encodeURIComponent("ENV PATH=/bin")}`;
  await ask(engine, "POST", target, oneChunk(archive));
  return { name, remove: () => ask(engine, "DELETE", `/images/${name}?force=true`).then(() => undefined) };
}

/** An archive of the image, as `docker save` makes one. */
export async function savedImage(
  { http }: Pick<Runtime, "http">,
  name: string,
  socket = testSocket,
): Promise<Uint8Array> {
  return ask(http.client(socket), "GET", `/images/${name}/get`);
}

/** Ids of all containers that bear a label, running or not. */
export async function containersWith({ http }: Pick<Runtime, "http">, label: string, socket = testSocket) {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const answer = await ask(http.client(socket), "GET", `/containers/json?all=true&filters=${filters}`);
  return (JSON.parse(Buffer.from(answer).toString()) as { readonly Id: string }[]).map(({ Id }) => Id);
}

async function ask(
  engine: HttpClient,
  method: string,
  target: string,
  body?: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  const answer = await engine.send({ method, target, body });
  const parts: Uint8Array[] = [];
  for await (const part of answer.body) parts.push(part);
  const bytes = Buffer.concat(parts);
  if (answer.status >= 400) throw new Error(`${method} ${target}: ${answer.status} ${bytes}`);
  return bytes;
}

type Entry = { readonly name: string; readonly content: Uint8Array } | { readonly name: string; readonly link: string };

/** An archive in the old form that every tar reads: for each file a head of 512 bytes, and its content filled up to that. */
function tarball(entries: readonly Entry[]): Uint8Array {
  const blocks = entries.flatMap((entry) => {
    const content = "content" in entry ? entry.content : new Uint8Array();
    return [head(entry, content.length), content, new Uint8Array((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, new Uint8Array(1024)]);
}

function head(entry: Entry, size: number): Uint8Array {
  const bytes = Buffer.alloc(512);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits - 1, "0")}\0`;
  bytes.write(entry.name, 0);
  bytes.write(octal(0o755, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.write("        ", 148);
  bytes.write("link" in entry ? "2" : "0", 156);
  if ("link" in entry) bytes.write(entry.link, 157);
  bytes.write("ustar\u000000", 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(octal(sum, 7), 148);
  return bytes;
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
