import {
  DeadlineQueue,
  type Duration,
  type Instant,
  later,
  PriorityQueue,
  type Random,
  seconds,
} from "../../base/index.ts";
import type { Evaluation, EvaluationID } from "../../model/index.ts";
import { jobKey } from "../../state/index.ts";

/** The queue of evaluations that were delivered too often without an acknowledgement. */
export const failedQueue = "_failed";

/**
 * Until what was refused is delivered again, the first time and later ones: what stood in the way of one, and be it a leader
 * that hands over, would else use up all deliveries at once.
 */
const [firstRest, laterRest] = [seconds(1), seconds(20)];

export interface Delivery {
  readonly evaluation: Evaluation;
  /** Shows that the evaluation is still this worker's. */
  readonly token: string;
}

/** Why the broker refused: the texts are what workers match on. */
export class BrokerRefused extends Error {
  override readonly name = "BrokerRefused";
}

interface Outstanding extends Delivery {
  /** Set while a plan waits to be applied: the worker is not to blame for that time. */
  paused: boolean;
  /** Set when it could not be finished through no fault of its own: the delivery does not count. */
  excused: boolean;
}

/** How often an evaluation was delivered without an acknowledgement. */
interface Deliveries {
  made: number;
  /** Of these, those that do not count. */
  excused: number;
}

/**
 * Hands pending evaluations to workers, the most urgent first, and at most one a job at a time.
 *
 * A delivered evaluation is outstanding until it is acknowledged. Refused, or not heard of within the nack
 * timeout, it is delivered again, after a rest if it was refused; after `deliveryLimit` deliveries that count it goes to the failed
 * queue.
 * Holds no timer: its owner calls `wake` at `wakeAt`. Source of the rules: Nomad's evaluation broker.
 */
export class EvaluationBroker {
  readonly #random: Random;
  readonly #nackTimeout: Duration;
  readonly #deliveryLimit: number;
  /** By scheduler; at most one of a job. */
  readonly #ready = new Map<string, PriorityQueue<Evaluation>>();
  /** By job: behind one of the same job that is ready or outstanding. */
  readonly #waiting = new Map<string, PriorityQueue<Evaluation>>();
  /** Jobs of which an evaluation is ready or outstanding. */
  readonly #heldJobs = new Set<string>();
  readonly #tracked = new Set<EvaluationID>();
  /** Not due yet, or resting between two deliveries. */
  readonly #delayed = new Map<EvaluationID, Evaluation>();
  readonly #delays = new DeadlineQueue<EvaluationID>();
  readonly #outstanding = new Map<EvaluationID, Outstanding>();
  readonly #nackDeadlines = new DeadlineQueue<EvaluationID>();
  readonly #deliveries = new Map<EvaluationID, Deliveries>();
  /** To be queued anew once the present delivery is acknowledged. */
  readonly #requeue = new Map<EvaluationID, Evaluation>();

  constructor(random: Random, options: { readonly nackTimeout: Duration; readonly deliveryLimit: number }) {
    this.#random = random;
    this.#nackTimeout = options.nackTimeout;
    this.#deliveryLimit = options.deliveryLimit;
  }

  /** Takes an evaluation in. One that waits or is ready already is ignored; an outstanding one comes again later. */
  enqueue(evaluation: Evaluation, now: Instant): void {
    if (this.#outstanding.has(evaluation.ID)) {
      this.#requeue.set(evaluation.ID, evaluation);
      return;
    }
    if (this.#tracked.has(evaluation.ID)) return;
    this.#tracked.add(evaluation.ID);
    if (evaluation.Wait > 0) this.#delay(evaluation, later(now, evaluation.Wait as Duration));
    else this.#admit(evaluation);
  }

  /** The most urgent evaluation for any of `schedulers`, or undefined if there is none. */
  dequeue(schedulers: readonly string[], now: Instant): Delivery | undefined {
    const evaluation = this.#mostUrgent(schedulers)?.pop();
    if (evaluation === undefined) return undefined;
    const delivery = { evaluation, token: this.#random.uuid(), paused: false, excused: false };
    this.#outstanding.set(evaluation.ID, delivery);
    const { made, excused } = this.#deliveriesOf(evaluation.ID);
    this.#deliveries.set(evaluation.ID, { made: made + 1, excused });
    this.#nackDeadlines.set(evaluation.ID, later(now, this.#nackTimeout));
    return { evaluation, token: delivery.token };
  }

  /** How many could be dequeued for any of `schedulers` now. */
  readyCount(schedulers: readonly string[]): number {
    return schedulers.reduce((sum, scheduler) => sum + (this.#ready.get(scheduler)?.size ?? 0), 0);
  }

  /** The token of an outstanding evaluation. */
  tokenOf(id: EvaluationID): string | undefined {
    return this.#outstanding.get(id)?.token;
  }

  /** An evaluation that is with a worker. */
  outstanding(id: EvaluationID): Evaluation | undefined {
    return this.#outstanding.get(id)?.evaluation;
  }

  /** The worker is done. The next evaluation of the job becomes ready. */
  acknowledge(id: EvaluationID, token: string, now: Instant): void {
    const { evaluation } = this.#claimed(id, token);
    this.#release(id);
    this.#deliveries.delete(id);
    this.#tracked.delete(id);
    this.#freeJob(evaluation);
    const again = this.#requeue.get(id);
    this.#requeue.delete(id);
    if (again !== undefined) this.enqueue(again, now);
  }

  /** The worker gives up: the evaluation is delivered again after a rest, or is counted as failed. */
  refuse(id: EvaluationID, token: string, now: Instant): void {
    const evaluation = this.#takenBack(id, token);
    if (this.#isSpent(id)) this.#readyQueue(failedQueue).push(evaluation);
    else this.#delay(evaluation, later(now, this.#deliveriesOf(id).made === 1 ? firstRest : laterRest));
  }

  /** The worker is alive: it has the whole nack timeout from now on. */
  touch(id: EvaluationID, token: string, now: Instant): void {
    const outstanding = this.#mine(id, token);
    if (!outstanding.paused) this.#nackDeadlines.set(id, later(now, this.#nackTimeout));
  }

  /** Stops the clock of an outstanding evaluation while others work on its behalf. */
  pause(id: EvaluationID, token: string): void {
    this.#mine(id, token).paused = true;
    this.#nackDeadlines.delete(id);
  }

  resume(id: EvaluationID, token: string, now: Instant): void {
    this.#mine(id, token).paused = false;
    this.#nackDeadlines.set(id, later(now, this.#nackTimeout));
  }

  /** What the worker found out cannot be logged now: the present delivery does not count. */
  excuse(id: EvaluationID, token: string): void {
    this.#mine(id, token).excused = true;
  }

  /** When `wake` has something to do. */
  wakeAt(): Instant | undefined {
    const [delay, nack] = [this.#delays.earliest(), this.#nackDeadlines.earliest()];
    if (delay === undefined || nack === undefined) return delay ?? nack;
    return Math.min(delay, nack) as Instant;
  }

  /** Makes delayed evaluations ready and takes back those whose worker fell silent; false if there are none. */
  wake(now: Instant): boolean {
    const delayed = this.#delays.takeUntil(now);
    for (const id of delayed) {
      const evaluation = this.#delayed.get(id);
      this.#delayed.delete(id);
      if (evaluation === undefined) continue;
      // What was delivered before holds its job already.
      if (this.#deliveries.has(id)) this.#readyQueue(evaluation.Type).push(evaluation);
      else this.#admit(evaluation);
    }
    const silent = this.#nackDeadlines.takeUntil(now);
    for (const id of silent) {
      const outstanding = this.#outstanding.get(id);
      if (outstanding === undefined) continue;
      const evaluation = this.#takenBack(id, outstanding.token);
      this.#readyQueue(this.#isSpent(id) ? failedQueue : evaluation.Type).push(evaluation);
    }
    return delayed.length + silent.length > 0;
  }

  statistics(): { ready: number; unacknowledged: number; waiting: number; delayed: number } {
    const count = (queues: Iterable<PriorityQueue<Evaluation>>) =>
      [...queues].reduce((sum, queue) => sum + queue.size, 0);
    return {
      ready: count(this.#ready.values()),
      unacknowledged: this.#outstanding.size,
      waiting: count(this.#waiting.values()),
      delayed: this.#delayed.size,
    };
  }

  /** How many of each type are ready and outstanding; a type that came once stays, with nothing. */
  byType(): ReadonlyMap<string, { readonly ready: number; readonly unacknowledged: number }> {
    const figures = new Map<string, { ready: number; unacknowledged: number }>();
    for (const [type, queue] of this.#ready) figures.set(type, { ready: queue.size, unacknowledged: 0 });
    for (const { evaluation } of this.#outstanding.values()) {
      const its = figures.get(evaluation.Type);
      if (its !== undefined) its.unacknowledged += 1;
    }
    return figures;
  }

  #takenBack(id: EvaluationID, token: string): Evaluation {
    const { evaluation, excused } = this.#claimed(id, token);
    if (excused) this.#deliveriesOf(id).excused += 1;
    this.#release(id);
    this.#requeue.delete(id);
    return evaluation;
  }

  #isSpent(id: EvaluationID): boolean {
    const { made, excused } = this.#deliveriesOf(id);
    return made - excused >= this.#deliveryLimit;
  }

  #deliveriesOf(id: EvaluationID): Deliveries {
    return this.#deliveries.get(id) ?? { made: 0, excused: 0 };
  }

  #delay(evaluation: Evaluation, until: Instant): void {
    this.#delayed.set(evaluation.ID, evaluation);
    this.#delays.set(evaluation.ID, until);
  }

  #admit(evaluation: Evaluation): void {
    const job = jobOf(evaluation);
    if (job !== undefined && this.#heldJobs.has(job)) {
      const queue = this.#waiting.get(job) ?? new PriorityQueue(isOlder);
      this.#waiting.set(job, queue);
      queue.push(evaluation);
      return;
    }
    if (job !== undefined) this.#heldJobs.add(job);
    this.#readyQueue(evaluation.Type).push(evaluation);
  }

  #freeJob(evaluation: Evaluation): void {
    const job = jobOf(evaluation);
    if (job === undefined) return;
    this.#heldJobs.delete(job);
    const queue = this.#waiting.get(job);
    const next = queue?.pop();
    if (queue?.size === 0) this.#waiting.delete(job);
    if (next !== undefined) this.#admit(next);
  }

  #readyQueue(scheduler: string): PriorityQueue<Evaluation> {
    const queue = this.#ready.get(scheduler) ?? new PriorityQueue(isMoreUrgent);
    this.#ready.set(scheduler, queue);
    return queue;
  }

  #mostUrgent(schedulers: readonly string[]): PriorityQueue<Evaluation> | undefined {
    let best: PriorityQueue<Evaluation>[] = [];
    let bestPriority = Number.NEGATIVE_INFINITY;
    for (const scheduler of schedulers) {
      const queue = this.#ready.get(scheduler);
      const first = queue?.peek();
      if (queue === undefined || first === undefined || first.Priority < bestPriority) continue;
      if (first.Priority > bestPriority) best = [];
      bestPriority = first.Priority;
      best.push(queue);
    }
    return best.length > 1 ? best[this.#random.below(best.length)] : best[0];
  }

  #mine(id: EvaluationID, token: string): Outstanding {
    const outstanding = this.#outstanding.get(id);
    if (outstanding === undefined) throw new BrokerRefused("evaluation is not outstanding");
    if (outstanding.token !== token) throw new BrokerRefused("evaluation token does not match");
    return outstanding;
  }

  #claimed(id: EvaluationID, token: string): Outstanding {
    const outstanding = this.#outstanding.get(id);
    if (outstanding === undefined) throw new BrokerRefused("Evaluation ID not found");
    if (outstanding.token !== token) throw new BrokerRefused("Token does not match for Evaluation ID");
    return outstanding;
  }

  #release(id: EvaluationID): void {
    this.#outstanding.delete(id);
    this.#nackDeadlines.delete(id);
  }
}

/** Evaluations of the servers' own housekeeping belong to no job and never wait for each other. */
function jobOf(evaluation: Evaluation): string | undefined {
  return evaluation.Type === "_core" ? undefined : jobKey(evaluation.Namespace, evaluation.JobID);
}

function isMoreUrgent(a: Evaluation, b: Evaluation): boolean {
  return a.Priority === b.Priority ? isOlder(a, b) : a.Priority > b.Priority;
}

function isOlder(a: Evaluation, b: Evaluation): boolean {
  return a.CreateIndex < b.CreateIndex;
}
