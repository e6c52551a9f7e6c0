import { join } from "node:path/posix";
import { dictionary, seconds, whenAborted } from "../../../base/index.ts";
import type { TaskArtifact } from "../../../model/index.ts";
import type { HttpHandler, HttpRequest, HttpResponse, Listener, Runtime } from "../../../runtime/index.ts";
import { type ArtifactLimits, artifactLimits } from "../artifact-limits.ts";
import { type Fetched, fetchArtifact } from "../fetch-artifact.ts";

const serverLimits = {
  headBytes: 65_536,
  headers: 100,
  headTime: seconds(10),
  idleTime: seconds(10),
  stallTime: seconds(3),
  connectionsPerAddress: Number.POSITIVE_INFINITY,
};

/** How a path is answered; text and bytes stand for a 200. */
export type Answer = string | Uint8Array | ((request: HttpRequest, response: HttpResponse) => Promise<void>);

/**
 * A task's directories on this machine and a server of files on its loopback, for one test. Whatever is served is
 * served by its path; a file beside the task's directory shows whether anything reached out.
 */
export class ArtifactWorld {
  readonly #runtime: Runtime;
  readonly #listener: Listener;
  readonly #answers: Map<string, Answer>;
  readonly root: string;
  /** Requests as `path` and headers, in the order in which they came. */
  readonly requests: HttpRequest[];

  private constructor(
    runtime: Runtime,
    root: string,
    listener: Listener,
    answers: Map<string, Answer>,
    requests: HttpRequest[],
  ) {
    this.#runtime = runtime;
    this.root = root;
    this.#listener = listener;
    this.#answers = answers;
    this.requests = requests;
  }

  static async open(runtime: Runtime): Promise<ArtifactWorld> {
    const root = await runtime.disk.makeTemporaryDirectory("artifact-test-");
    for (const directory of ["task/local", "alloc"]) await runtime.disk.makeDirectory(join(root, directory), 0o777);
    await runtime.disk.writeAtomically(join(root, "precious"), Buffer.from("untouched"));
    const answers = new Map<string, Answer>();
    const requests: HttpRequest[] = [];
    const handle: HttpHandler = async (request, response, signal) => {
      requests.push(request);
      const answer = answers.get(request.target) ?? answers.get(request.target.replace(/\?.*/, ""));
      if (typeof answer === "function") {
        const left = new Promise<void>((resolve) => whenAborted(signal, resolve));
        return Promise.race([answer(request, response).catch(() => response.destroy()), left]);
      }
      response.begin(answer === undefined ? 404 : 200, {});
      await response.end(answer).catch(() => {});
    };
    return new ArtifactWorld(
      runtime,
      root,
      await runtime.http.listen("127.0.0.1:0", serverLimits, handle),
      answers,
      requests,
    );
  }

  /** `host:port` of the server. */
  get address(): string {
    return this.#listener.address;
  }

  /** Has a path, with its query or for any, answered so from now on; returns its URL. */
  serve(path: string, answer: Answer): string {
    this.#answers.set(path, answer);
    return `http://${this.address}${path}`;
  }

  get(
    artifact: Partial<TaskArtifact>,
    options: {
      readonly limits?: Partial<ArtifactLimits>;
      readonly signal?: AbortSignal;
      readonly progress?: (received: number) => void;
    } = {},
  ): Promise<Fetched> {
    const { limits = {}, signal = new AbortController().signal, progress = () => {} } = options;
    return fetchArtifact(
      { runtime: this.#runtime, limits: { ...artifactLimits({}), ...limits }, signal, progress },
      { GetterSource: "", GetterOptions: {}, GetterHeaders: {}, GetterMode: "", RelativeDest: "local/", ...artifact },
      { task: join(this.root, "task"), shared: join(this.root, "alloc"), stage: ".artifact-test" },
    );
  }

  /** Everything below the task's directory: what links say, and of files the content and mode. */
  async found(): Promise<Readonly<Record<string, string>>> {
    return dictionary(await this.#below(join(this.root, "task"), ""));
  }

  /** What lies beside the task's directory, and must not change. */
  async outside(): Promise<readonly string[]> {
    const names = (await this.#runtime.disk.list(this.root)).map(({ name }) => name);
    const precious = Buffer.from(await this.#runtime.disk.read(join(this.root, "precious"))).toString();
    return [...names, precious];
  }

  async close(): Promise<void> {
    await this.#listener.close();
    await this.#runtime.disk.removeTree(this.root);
  }

  async #below(directory: string, prefix: string): Promise<[string, string][]> {
    const { disk } = this.#runtime;
    const found: [string, string][] = [];
    for (const { name, isDirectory, isLink, isFile, mode } of await disk.list(directory)) {
      const [path, shown] = [join(directory, name), `${prefix}${name}`];
      if (isDirectory) found.push([`${shown}/`, bits(mode)], ...(await this.#below(path, `${shown}/`)));
      else if (isLink) found.push([shown, `-> ${await disk.readLink(path)}`]);
      else found.push([shown, isFile ? `${bits(mode)} ${Buffer.from(await disk.read(path)).toString()}` : "special"]);
    }
    return found;
  }
}

function bits(mode: number): string {
  return (mode & 0o7777).toString(8);
}
