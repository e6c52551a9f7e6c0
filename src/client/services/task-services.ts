import { type Consul, taskDomain } from "../../consul/index.ts";
import type { RunningTask } from "../../drivers/index.ts";
import type { Allocation, Node, Task } from "../../model/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import { nodeValues, type Values } from "../task/interpolation.ts";
import { ScriptChecks } from "./script-checks.ts";
import { taskOffer } from "./service-entries.ts";

/** What the services of a task are registered with. */
export interface TaskServicesParts {
  readonly runtime: Pick<Runtime, "clock" | "random" | "log">;
  /** Undefined where there is none: then nothing is registered. */
  readonly consul: Consul | undefined;
  readonly node: () => Node;
  readonly allocation: Allocation;
  readonly task: Task;
}

/** One run of the task, as far as its services go. */
interface Offered {
  readonly env: Values;
  readonly scripts: ScriptChecks;
}

/** What runs; `variables` gives what it was started with. */
interface Run {
  readonly running: RunningTask;
  readonly variables: () => Values;
}

/** The services of one task in Consul: there while it runs, with what checks them, and gone when it does not. */
export class TaskServices {
  readonly #parts: TaskServicesParts;
  readonly #domain: string;
  /** Whether there are any, or were. */
  #hasServices: boolean;
  #run: Run | undefined;
  /** Undefined as long as the run has had no services. */
  #offered: Offered | undefined;

  constructor(parts: TaskServicesParts) {
    this.#parts = parts;
    this.#domain = taskDomain(parts.allocation.ID, parts.task.Name);
    this.#hasServices = parts.task.Services.length > 0;
    // It may take long until a task of an earlier agent is found again.
    if (this.#hasServices) parts.consul?.registrar.hold(this.#domain);
  }

  /** The task runs: offers what it has, and begins to check it. `variables` gives what it was started with, where that matters. */
  start(running: RunningTask, task: Task, variables: () => Values): void {
    this.#end();
    this.#run = { running, variables };
    this.update(task);
  }

  /** Takes over what has changed of the task, at once. */
  update(task: Task): void {
    const { consul, allocation, node } = this.#parts;
    this.#hasServices ||= task.Services.length > 0;
    if (consul === undefined || this.#run === undefined || !this.#hasServices) return;
    this.#offered ??= this.#offer(consul, this.#run);
    const offered = this.#offered;
    const { services, scripts } = taskOffer({
      domain: this.#domain,
      task,
      resources: allocation.TaskResources[task.Name] ?? task.Resources ?? undefined,
      values: [offered.env, nodeValues(node())],
      marks: consul.registrar.marks,
      lastStatus: (check) => offered.scripts.lastStatus(check),
    });
    offered.scripts.set(scripts);
    consul.registrar.set(this.#domain, services);
  }

  /** The task runs no more, or is about to end: nothing of it is offered, whoever has registered it. */
  stop(): void {
    this.#end();
    if (this.#hasServices) this.#parts.consul?.registrar.set(this.#domain, []);
  }

  /** The agent goes and the task stays, and what it offers with it. */
  detach(): void {
    this.#end();
    this.#parts.consul?.registrar.leave(this.#domain);
  }

  #offer(consul: Consul, { running, variables }: Run): Offered {
    const env = variables();
    return { env, scripts: new ScriptChecks({ runtime: this.#parts.runtime, consul: consul.api, running, env }) };
  }

  #end(): void {
    this.#offered?.scripts.stop();
    this.#offered = undefined;
    this.#run = undefined;
  }
}
