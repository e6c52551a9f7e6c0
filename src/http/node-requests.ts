import { getAllocation, getNode, Refusal } from "../api/index.ts";
import { type Duration, later, seconds } from "../base/index.ts";
import type { AllocationID, NodeID } from "../model/index.ts";
import type { HttpRequest, IncomingAnswer } from "../runtime/index.ts";
import type { AgentFacts } from "./agent-facts.ts";
import { type HttpAnswer, plainText } from "./answer.ts";
import type { Asked, HttpContext } from "./http-context.ts";
import { writeOptions } from "./query-options.ts";

/**
 * A request that was handed on bears the node that it is for, and is answered by that node or not at all; so is the
 * answer, so that what a stranger at a node's old address says goes nowhere.
 */
const nodeHeader = "x-nomad-node";

/** Requests on their way to other nodes at once; each takes two descriptors, and a follow may stay for days. */
const mostUnderWay = 256;
/** Of a refusal the beginning is passed on. */
const longestRefusal = 16 * 1024;
/** How long a node may take until its answer begins. Even one that has nothing to tell shows a heartbeat by then. */
const patience: Duration = seconds(30);

/** Where an agent's HTTP API is: nothing that could lead a request astray. */
const addressForm = /^(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+):[0-9]{1,5}$/;

/** Shorter ones, which name an allocation elsewhere, are not known here. */
const wholeID = 36;

/** Which node a request is meant for, if another agent has handed it on. */
export function intendedNode({ headers }: HttpRequest): NodeID | undefined {
  return headers[nodeHeader];
}

/** What the answer to a request that was handed on says of its origin. */
export function originHeaders(agent: AgentFacts, request: HttpRequest): Readonly<Record<string, string>> {
  const node = intendedNode(request);
  return node !== undefined && node === agent.client?.nodeID ? { "X-Nomad-Node": node } : {};
}

/**
 * Hands requests about what runs on other nodes on to those nodes, at the HTTP address that they have registered, and
 * their answers back as they come. When the asker leaves, the node is left; when it breaks off, so does the answer.
 */
export class NodeRequests {
  readonly #context: Pick<HttpContext, "clock" | "rpc" | "reach">;
  #underWay = 0;

  constructor(context: Pick<HttpContext, "clock" | "rpc" | "reach">) {
    this.#context = context;
  }

  /** The node of an allocation, as the servers know it; undefined when they do not. */
  async nodeOf(allocationID: AllocationID, { query, signal }: Asked): Promise<NodeID | undefined> {
    if (allocationID.length !== wholeID) return undefined;
    // Any server will do; but of what is new only the leader may know.
    for (const allowStale of [true, false]) {
      const options = { ...writeOptions(query), allowStale, signal };
      const { reply } = await this.#context.rpc.call(getAllocation, { AllocID: allocationID }, options);
      if (reply.Alloc !== null) return reply.Alloc.NodeID;
    }
    return undefined;
  }

  /** Asks a node for `target` (path and query, escaped). Rejects with `Refusal`, of the node's own words where it answers. */
  async ask(nodeID: NodeID, target: string, asked: Asked): Promise<HttpAnswer> {
    const { signal } = asked;
    const address = await this.#addressOf(nodeID, asked);
    signal.throwIfAborted();
    if (this.#underWay >= mostUnderWay) {
      throw new Refusal(503, "too many requests for other nodes at once; ask the node itself, or again in a moment");
    }
    this.#underWay += 1;
    signal.addEventListener("abort", () => (this.#underWay -= 1), { once: true });
    const answer = await this.#answerOf(
      nodeID,
      { address, target, isSilent: asked.query.get("plain") !== null },
      signal,
    );
    if (answer.status !== 200) throw new Refusal(refusalStatus(answer.status), await beginningOf(answer.body));
    return { kind: "pieces", pieces: answer.body, type: knownType(answer.headers["content-type"]) };
  }

  async #addressOf(nodeID: NodeID, { query, signal }: Asked): Promise<string> {
    const options = { ...writeOptions(query), allowStale: true, signal };
    const { reply } = await this.#context.rpc.call(getNode, { NodeID: nodeID }, options);
    if (reply.Node === null) throw new Refusal(404, `Unknown node ${JSON.stringify(nodeID)}`);
    const { HTTPAddr } = reply.Node;
    if (!addressForm.test(HTTPAddr)) throw noPath(nodeID, "it has not said where its HTTP API is");
    return HTTPAddr;
  }

  async #answerOf(
    nodeID: NodeID,
    { address, target, isSilent }: { readonly address: string; readonly target: string; readonly isSilent: boolean },
    signal: AbortSignal,
  ): Promise<IncomingAnswer> {
    const { clock, reach } = this.#context;
    const leaving = new AbortController();
    const late = () => leaving.abort(new Error("it does not answer"));
    const heard = isSilent ? () => {} : clock.at(later(clock.now(), patience), late);
    const leave = () => leaving.abort(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    try {
      // Uncompressed: each piece is to go on as it comes.
      const headers = { "X-Nomad-Node": nodeID, "Accept-Encoding": "identity" };
      const answer = await reach(address).send({ method: "GET", target, headers, signal: leaving.signal });
      if (answer.headers[nodeHeader] === nodeID) return answer;
      leaving.abort(new Error("it is another one"));
      leaving.signal.throwIfAborted();
      return answer;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw noPath(nodeID, `${address}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      heard();
    }
  }
}

function noPath(nodeID: NodeID, why: string): Refusal {
  return new Refusal(404, `No path to node ${JSON.stringify(nodeID)}: ${why}`);
}

/** A node answers with data or with text. Whatever else it claims to send is shown as text. */
function knownType(type: string | undefined): string {
  return type === "application/json" || type === "text/plain" ? type : plainText;
}

function refusalStatus(status: number): number {
  return status >= 400 && status < 600 ? status : 500;
}

async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    parts.push(part);
    length += part.length;
    if (length >= longestRefusal) break;
  }
  return Buffer.concat(parts).subarray(0, longestRefusal).toString();
}
