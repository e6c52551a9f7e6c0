import { readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Tasks that write down when they begin and when they are stopped, and hold a lock meanwhile that belongs to their
 * place in the job: if two of one place ran at the same time, the second would say so.
 */
export class RunRecords {
  readonly #file: string;

  /** The records are kept in `directory`. */
  constructor(directory: string) {
    this.#file = join(directory, "runs");
  }

  /** What such a task runs, in a shell. */
  get script(): string {
    const say = (what: string) => `echo "${what} $NOMAD_ALLOC_NAME $NOMAD_ALLOC_ID" >> ${this.#file}`;
    return `exec 9> ${this.#file}-$NOMAD_ALLOC_NAME.lock
flock -n 9 || { ${say("overlap")}; exit 1; }
${say("start")}
trap '${say("stop")}; exit 0' TERM INT
sleep 100000 9>&- & wait`;
  }

  /** What was written down, in order. */
  async read(): Promise<readonly { readonly what: string; readonly place: string; readonly allocation: string }[]> {
    const text = await readFile(this.#file, "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [what = "", place = "", allocation = ""] = line.split(" ");
        return { what, place, allocation };
      });
  }

  /** Allocations that were started more than once, and places where two ran at a time. */
  async violations(): Promise<readonly string[]> {
    const records = await this.read();
    const starts = records.filter(({ what }) => what === "start").map(({ allocation }) => allocation);
    const twice = starts.filter((allocation, at) => starts.indexOf(allocation) !== at);
    const overlaps = records.filter(({ what }) => what === "overlap").map(({ place }) => place);
    return [
      ...twice.map((id) => `${id} was started twice`),
      ...overlaps.map((place) => `two of ${place} ran at a time`),
    ];
  }
}
