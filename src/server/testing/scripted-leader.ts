import type { Answer, RpcCaller, RpcMethod } from "../../api/index.ts";

/** What is asked with a question, beside it. */
type Given = { readonly signal?: AbortSignal };

/** A reply, an error, or what makes one of a request. */
type Reply = object | Error | ((request: never, given: Given) => object | Promise<object>);

/** A leader that answers by a script: what to reply to each method, by its name. */
export class ScriptedLeader implements RpcCaller {
  /** Every question that came, in order. */
  readonly asked: [method: string, request: unknown][] = [];
  readonly #replies: Readonly<Record<string, Reply>>;

  constructor(replies: Readonly<Record<string, Reply>>) {
    this.#replies = replies;
  }

  /** Names of the methods that were asked, in order. */
  get methods(): readonly string[] {
    return this.asked.map(([method]) => method);
  }

  async call(method: RpcMethod, request: unknown, given: Given = {}): Promise<Answer<never>> {
    this.asked.push([method.name, request]);
    const scripted = this.#replies[method.name];
    if (scripted === undefined) throw new Error(`no reply to ${method.name} in the script`);
    if (scripted instanceof Error) throw scripted;
    const reply = typeof scripted === "function" ? await scripted(request as never, given) : scripted;
    return { reply: reply as never, index: 1, knownLeader: true, lastContact: 0 };
  }
}
