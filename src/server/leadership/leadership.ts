import { noClusterLeader, RpcError } from "../../api/index.ts";
import { between, type Happening, seconds, WakeUp } from "../../base/index.ts";
import type { Role } from "../../raft/index.ts";
import { pause } from "../../runtime/index.ts";
import { schedulerConfigure, summariesReconcile } from "../../state/index.ts";
import type { ServerConfig } from "../config.ts";
import type { ReplicatedState } from "../replicated-state.ts";
import type { ServerRuntime } from "../server-runtime.ts";
import { AllocationReports } from "./allocation-reports.ts";
import { DrainWatch } from "./drain-watch.ts";
import { EvaluationQueue } from "./evaluation-queue.ts";
import { GarbageCollector } from "./garbage-collector.ts";
import { Gauges } from "./gauges.ts";
import { Heartbeats } from "./heartbeats.ts";
import { PeriodicDispatcher } from "./periodic-dispatcher.ts";
import { PlanApplier } from "./plan-applier.ts";
import { PlanQueue } from "./plan-queue.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

const barrierTimer = ["nomad", "leader", "barrier"];

/** Until the next try, when a new leader could not put a barrier into the log. */
const barrierRetry = seconds(1);

/** What the leader's endpoints ask of the duties of the present tenure. */
export interface Leader {
  /** Fires when the tenure ends. */
  readonly signal: AbortSignal;
  readonly evaluations: EvaluationQueue;
  readonly plans: PlanQueue;
  readonly heartbeats: Heartbeats;
  readonly periodic: PeriodicDispatcher;
  readonly reports: AllocationReports;
  readonly garbage: GarbageCollector;
}

/**
 * Begins and ends the work that only the leader does, as Raft gives and takes the role. Tenures follow each other:
 * one begins when all that belonged to the one before has ended.
 */
export class Leadership {
  readonly #runtime: ServerRuntime;
  readonly #state: ReplicatedState;
  readonly #config: ServerConfig;
  readonly #barrier: () => Promise<unknown>;
  readonly #fatal: (error: unknown) => void;
  readonly #furtherDuties: (tenure: Tenure) => readonly LeaderDuty[];
  readonly #changed = new WakeUp();
  /** What this server is told of leaders has changed. */
  readonly changed: Happening = this.#changed.next;
  #leader: Leader | undefined;
  #hasMetLeader = false;
  /** Ends the tenure that Raft gave last. */
  #end = new AbortController();
  #tenures = Promise.resolve();

  /** `barrier` resolves once all that was logged before is applied; `fatal` is told of a duty that broke. */
  constructor(
    runtime: ServerRuntime,
    state: ReplicatedState,
    config: ServerConfig,
    raft: { readonly barrier: () => Promise<unknown>; readonly fatal: (error: unknown) => void },
    furtherDuties: (tenure: Tenure) => readonly LeaderDuty[] = () => [],
  ) {
    this.#runtime = runtime;
    this.#state = state;
    this.#config = config;
    this.#barrier = raft.barrier;
    this.#fatal = raft.fatal;
    this.#furtherDuties = furtherDuties;
  }

  /** The duties of the present tenure; throws `No cluster leader` if this server does not lead. */
  get leader(): Leader {
    if (this.#leader === undefined) throw new RpcError(noClusterLeader);
    return this.#leader;
  }

  /** True while this server leads and has applied all that earlier leaders logged. */
  get leads(): boolean {
    return this.#leader !== undefined;
  }

  /** True once this server has led or followed a leader: before that, its state says nothing about the cluster. */
  get hasMetLeader(): boolean {
    return this.#hasMetLeader;
  }

  /** To be called with every role that Raft gives this server, in order. */
  follow(role: Role): void {
    this.#end.abort(new RpcError(noClusterLeader));
    if (this.#leader !== undefined) this.#runtime.log.named("nomad").info("cluster leadership lost");
    this.#leader = undefined;
    if (role.kind === "follower" && role.leader !== undefined) this.#hasMetLeader = true;
    if (role.kind === "leader") this.#begin(role.term);
    this.#changed.notify();
  }

  /** Gives up the role; resolves when every duty has returned. */
  close(): Promise<void> {
    this.follow({ kind: "follower" });
    return this.#tenures;
  }

  #begin(term: number): void {
    this.#end = new AbortController();
    const { signal } = this.#end;
    const tenure = { term, signal, state: this.#state, runtime: this.#runtime, config: this.#config };
    this.#tenures = this.#tenures.then(() => this.#reign(tenure)).catch(this.#fatal);
  }

  async #reign(tenure: Tenure): Promise<void> {
    await this.#catchUp(tenure.signal);
    await this.#configureSchedulers(tenure);
    if (tenure.signal.aborted) return;
    const log = this.#runtime.log;
    log.named("nomad").info("cluster leadership acquired");
    const { leader, duties } = dutiesOf(tenure);
    const all = [...duties, ...this.#furtherDuties(tenure)].map((duty) => this.#oversee(duty));
    this.#leader = leader;
    this.#hasMetLeader = true;
    this.#changed.notify();
    log.named("leader").debug(`reconciling job summaries at index: ${this.#state.view().jobSummaries.lastIndex}`);
    await Promise.all([...all, this.#reconcileSummaries(tenure.signal)]);
  }

  /** Returns when all that was logged earlier is applied, or the tenure has ended. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { clock, metrics } = this.#runtime;
      const began = clock.now();
      try {
        await this.#barrier();
        metrics.time(barrierTimer, between(began, clock.now()));
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#runtime.log.named("nomad").error("failed to wait for barrier", { error });
        await pause(clock, barrierRetry, signal);
      }
    }
  }

  /** The first leader that was given a configuration begins with it; after that it is the operators' to change. */
  async #configureSchedulers({ signal, state, config }: Tenure): Promise<void> {
    const { schedulerConfiguration: Config } = config;
    const isSet = state.view().schedulerConfigurations.size > 0;
    if (Config === undefined || isSet || signal.aborted) return;
    try {
      await state.propose(schedulerConfigure, { Config, Check: 0 });
    } catch (error) {
      if (!signal.aborted) this.#runtime.log.named("leader").warn("cannot configure the schedulers", { error });
    }
  }

  async #reconcileSummaries(signal: AbortSignal): Promise<void> {
    try {
      await this.#state.propose(summariesReconcile, {});
    } catch (error) {
      if (!signal.aborted) this.#runtime.log.named("leader").warn("cannot reconcile job summaries", { error });
    }
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

function dutiesOf(tenure: Tenure): { readonly leader: Leader; readonly duties: readonly LeaderDuty[] } {
  const evaluations = new EvaluationQueue(tenure);
  const plans = new PlanQueue(tenure.signal);
  const applier = new PlanApplier(tenure, plans, (id, token) => evaluations.claim(id, token));
  const heartbeats = new Heartbeats(tenure);
  const periodic = new PeriodicDispatcher(tenure);
  const reports = new AllocationReports(tenure);
  const garbage = new GarbageCollector(tenure, (evaluation) => evaluations.enqueue(evaluation));
  const gauges = new Gauges(tenure, { evaluations, plans, heartbeats });
  return {
    leader: { signal: tenure.signal, evaluations, plans, heartbeats, periodic, reports, garbage },
    duties: [applier, evaluations, new DrainWatch(tenure), periodic, heartbeats, reports, garbage, gauges],
  };
}
