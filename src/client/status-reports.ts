import { type RpcCaller, updateAllocations } from "../api/index.ts";
import { GatheringPace, milliseconds, WakeUp } from "../base/index.ts";
import { type Allocation, type AllocationID, allocation, type NodeID } from "../model/index.ts";
import { type Log, pause, type Runtime } from "../runtime/index.ts";
import { type RetryPace, retryDelay } from "./retry-delay.ts";

/** What a client says of an allocation. */
export type AllocationReport = Pick<Allocation, "ClientStatus" | "ClientDescription" | "TaskStates">;

/** Starting a task is several changes in a row; and a client that starts many has five batches a second for its servers. */
const gathering = { least: milliseconds(10), oneIn: milliseconds(200), before: 8 };

/**
 * Tells the servers what became of the allocations. Of several reports on one allocation only the last is sent; a
 * batch that fails is kept and sent again, with what came in meanwhile.
 */
export class StatusReports {
  readonly #runtime: Runtime;
  readonly #rpc: RpcCaller;
  /** What a report says of an allocation beside that: nothing but whose it is. */
  readonly #unsaid: Allocation;
  readonly #retry: RetryPace;
  readonly #log: Log;
  readonly #confirmed: (id: AllocationID, report: AllocationReport) => void;
  readonly #waiting = new Map<AllocationID, AllocationReport>();
  readonly #arrived = new WakeUp();

  /** `confirmed` is told of each report that the servers have taken. */
  constructor(
    runtime: Runtime,
    rpc: RpcCaller,
    nodeID: NodeID,
    retry: RetryPace,
    confirmed: (id: AllocationID, report: AllocationReport) => void = () => {},
  ) {
    this.#confirmed = confirmed;
    this.#runtime = runtime;
    this.#rpc = rpc;
    this.#unsaid = allocation.parse({ NodeID: nodeID });
    this.#retry = retry;
    this.#log = runtime.log.named("client");
  }

  report(id: AllocationID, report: AllocationReport): void {
    this.#waiting.set(id, report);
    this.#arrived.notify();
  }

  /** Sends reports until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#runtime;
    const pace = new GatheringPace(clock.now(), gathering);
    let failures = 0;
    while (!signal.aborted) {
      if (this.#waiting.size === 0) await this.#arrived.wait(signal);
      const wait = failures === 0 ? pace.nextWait(clock.now()) : retryDelay(random, this.#retry, failures);
      if (!(await pause(clock, wait, signal))) return;
      failures = (await this.#sendAll(signal)) ? 0 : failures + 1;
    }
  }

  async #sendAll(signal: AbortSignal): Promise<boolean> {
    const batch = [...this.#waiting];
    this.#waiting.clear();
    if (batch.length === 0) return true;
    try {
      const Alloc = batch.map(([ID, report]) => ({ ...this.#unsaid, ID, ...report }));
      await this.#rpc.call(updateAllocations, { Alloc }, { signal });
      for (const [id, report] of batch) this.#confirmed(id, report);
      return true;
    } catch (error) {
      for (const [id, report] of batch) if (!this.#waiting.has(id)) this.#waiting.set(id, report);
      if (!signal.aborted) this.#log.error("failed to update allocations", { reason: String(error) });
      return false;
    }
  }
}
