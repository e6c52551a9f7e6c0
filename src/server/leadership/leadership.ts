import { noClusterLeader, RpcError } from "../../api/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import { summariesReconcile } from "../../state/index.ts";
import type { ServerConfig } from "../config.ts";
import type { ReplicatedState } from "../replicated-state.ts";
import { EvaluationQueue } from "./evaluation-queue.ts";
import { GarbageCollector } from "./garbage-collector.ts";
import { Heartbeats } from "./heartbeats.ts";
import { PeriodicDispatcher } from "./periodic-dispatcher.ts";
import { PlanApplier } from "./plan-applier.ts";
import { PlanQueue } from "./plan-queue.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

/** What the leader's endpoints ask of the duties of the present tenure. */
export interface Leader {
  readonly evaluations: EvaluationQueue;
  readonly plans: PlanQueue;
  readonly heartbeats: Heartbeats;
  readonly periodic: PeriodicDispatcher;
  readonly garbage: GarbageCollector;
}

interface Reign {
  readonly leader: Leader;
  readonly ended: Promise<void>;
}

/** Begins and ends the work that only the leader does, as Raft gives and takes the role. */
export class Leadership {
  readonly #runtime: Runtime;
  readonly #state: ReplicatedState;
  readonly #config: ServerConfig;
  readonly #barrier: () => Promise<void>;
  readonly #fatal: (error: unknown) => void;
  #end: AbortController | undefined;
  #reign: Reign | undefined;
  #ending: Promise<void> | undefined;

  constructor(
    runtime: Runtime,
    state: ReplicatedState,
    config: ServerConfig,
    duties: { readonly barrier: () => Promise<void>; readonly fatal: (error: unknown) => void },
  ) {
    this.#runtime = runtime;
    this.#state = state;
    this.#config = config;
    this.#barrier = duties.barrier;
    this.#fatal = duties.fatal;
  }

  /** The duties of the present tenure; throws `No cluster leader` if this server does not lead. */
  get leader(): Leader {
    if (this.#reign === undefined) throw new RpcError(noClusterLeader);
    return this.#reign.leader;
  }

  get leads(): boolean {
    return this.#reign !== undefined;
  }

  /** This server won `term`: once all earlier entries are applied here, the duties begin. */
  async gained(term: number): Promise<void> {
    const end = new AbortController();
    this.#end = end;
    if (!(await this.#caughtUp())) return;
    if (end.signal.aborted) return;
    const log = this.#runtime.log;
    log.named("nomad").info("cluster leadership acquired");
    const tenure: Tenure = {
      term,
      signal: end.signal,
      state: this.#state,
      runtime: this.#runtime,
      config: this.#config,
    };
    this.#reign = this.#begin(tenure);
    log.named("leader").debug(`reconciling job summaries at index: ${this.#state.view().jobSummaries.lastIndex}`);
    await this.#state.propose(summariesReconcile, {}).catch((error: unknown) => {
      if (!end.signal.aborted) throw error;
    });
  }

  /** False when leadership went as soon as it came. */
  async #caughtUp(): Promise<boolean> {
    try {
      await this.#barrier();
      return true;
    } catch (error) {
      this.#runtime.log.named("nomad").error("failed to wait for barrier", { error });
      return false;
    }
  }

  /** The role is lost: from now on nobody is served by the duties of the old tenure. */
  end(): void {
    if (this.#reign !== undefined) this.#runtime.log.named("nomad").info("cluster leadership lost");
    this.#ending = this.#reign?.ended ?? this.#ending;
    this.#reign = undefined;
    this.#end?.abort(new RpcError(noClusterLeader));
  }

  /** Ends the tenure; resolves when every duty has returned. */
  async lost(): Promise<void> {
    this.end();
    await this.#ending;
  }

  #begin(tenure: Tenure): Reign {
    const evaluations = new EvaluationQueue(tenure);
    const plans = new PlanQueue();
    const heartbeats = new Heartbeats(tenure);
    const periodic = new PeriodicDispatcher(tenure);
    const garbage = new GarbageCollector(tenure, (evaluation) => evaluations.enqueue(evaluation));
    const applier = new PlanApplier(tenure, plans, (id) => evaluations.tokenOf(id));
    const duties: readonly LeaderDuty[] = [applier, evaluations, periodic, heartbeats, garbage];
    const ended = Promise.all(duties.map((duty) => this.#oversee(duty))).then(() => undefined);
    return { leader: { evaluations, plans, heartbeats, periodic, garbage }, ended };
  }

  /** A duty that breaks leaves the cluster without it unnoticed: the server stops rather than go on so. */
  async #oversee(duty: LeaderDuty): Promise<void> {
    try {
      await duty.run();
    } catch (error) {
      this.#fatal(new Error(`Leader duty "${duty.name}" broke`, { cause: error }));
    }
  }
}
