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

/** The services of one task in Consul: there while it runs, with what checks them, and gone when it does not. */
export class TaskServices {
  readonly #parts: TaskServicesParts;
  readonly #domain: string;
  /** Whether there are any, or were. */
  #hasServices: boolean;
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
    const { consul, runtime } = this.#parts;
    if (consul === undefined) return;
    this.#offered?.scripts.stop();
    const env = variables();
    this.#offered = { env, scripts: new ScriptChecks({ runtime, consul: consul.api, running, env }) };
    this.update(task);
  }

  /** Takes over what has changed of the task, at once. */
  update(task: Task): void {
    const { consul, allocation, node } = this.#parts;
    const offered = this.#offered;
    this.#hasServices ||= task.Services.length > 0;
    if (consul === undefined || offered === undefined || !this.#hasServices) return;
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
    this.#offered?.scripts.stop();
    this.#offered = undefined;
    if (this.#hasServices) this.#parts.consul?.registrar.set(this.#domain, []);
  }

  /** The agent goes and the task stays, and what it offers with it. */
  detach(): void {
    this.#offered?.scripts.stop();
    this.#offered = undefined;
    this.#parts.consul?.registrar.leave(this.#domain);
  }
}
