import { assert } from "../base/index.ts";
import { facilityNumber, Syslog } from "../runtime/index.ts";
import type { NodeRuntime } from "../runtime/node/index.ts";
import type { Settings } from "./config/settings.ts";

/** Whether the log goes to syslog too, and as whose; the facility was checked. */
type SyslogSettings = Pick<Settings, "EnableSyslog" | "SyslogFacility">;

/** Copies the log to the machine's syslog, as the latest settings say, until it is disposed of. */
export class SyslogCopy implements AsyncDisposable {
  readonly #runtime: Pick<NodeRuntime, "processes" | "clock" | "log">;
  #settings: SyslogSettings = { EnableSyslog: false, SyslogFacility: "" };
  #copying: { readonly over: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(runtime: Pick<NodeRuntime, "processes" | "clock" | "log">, settings: SyslogSettings) {
    this.#runtime = runtime;
    this.#begin(settings);
  }

  /** From now on other settings hold. Resolves when nothing is copied by the old ones any more. */
  async take(settings: SyslogSettings): Promise<void> {
    const { EnableSyslog, SyslogFacility } = this.#settings;
    if (settings.EnableSyslog === EnableSyslog && settings.SyslogFacility === SyslogFacility) return;
    await this.#end();
    this.#begin(settings);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }

  #begin(settings: SyslogSettings): void {
    this.#settings = settings;
    if (!settings.EnableSyslog) return;
    const { processes, clock, log } = this.#runtime;
    const facility = facilityNumber(settings.SyslogFacility);
    assert(facility !== undefined, "the facility was checked");
    const syslog = new Syslog({ processes, clock, log: log.named("agent") }, { facility });
    const over = new AbortController();
    log.copyTo((level, text) => syslog.write(level, text));
    this.#copying = { over, ended: syslog.run(over.signal) };
  }

  async #end(): Promise<void> {
    const copying = this.#copying;
    this.#copying = undefined;
    this.#runtime.log.copyTo(() => {});
    copying?.over.abort();
    await copying?.ended;
  }
}
