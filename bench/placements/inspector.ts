import type { Profile } from "./profile.ts";

/** Looks into a process of Node.js that was started with `--inspect`. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (reason: Error) => void }>();
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#answered(JSON.parse(String(data)));
  }

  /** Undefined while nobody listens at the port. */
  static async connect(port: number): Promise<Inspector | undefined> {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined);
    if (answer === undefined) return undefined;
    const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
    if (target === undefined) return undefined;
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("Cannot look into the process"));
    });
    return new Inspector(socket);
  }

  ask<Result>(method: string, params: object = {}): Promise<Result> {
    const id = ++this.#asked;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** The value of an expression, as JSON carries it. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const asked = { expression, returnByValue: true };
    return (await this.ask<{ result: { value: Value } }>("Runtime.evaluate", asked)).result.value;
  }

  /** Where the process spends its time while `work` goes on, looked at every half millisecond. */
  async profiled<Result>(work: () => Promise<Result>): Promise<{ readonly result: Result; readonly profile: Profile }> {
    await this.ask("Profiler.enable");
    await this.ask("Profiler.setSamplingInterval", { interval: 500 });
    await this.ask("Profiler.start");
    const result = await work();
    const { profile } = await this.ask<{ profile: Profile }>("Profiler.stop");
    return { result, profile };
  }

  close(): void {
    this.#socket.close();
  }

  #answered({ id, result, error }: { id: number; result: never; error?: { message: string } }): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}
