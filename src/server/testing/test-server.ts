import type * as z from "zod";
import { type Answer, type QueryOptions, type RpcMethod, registerJob, registerNode } from "../../api/index.ts";
import { seconds } from "../../base/index.ts";
import type { Job, Node } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
import type { ServerConfig } from "../config.ts";
import { type Server, startServer } from "../server.ts";
import { aNode } from "./makers.ts";
import { serverConfig, type TestRuntime, testRuntime } from "./test-world.ts";

/** A whole server on time that is moved by hand, with Raft and a log in memory. */
export interface TestServer extends Server {
  readonly runtime: TestRuntime;
  /** What the server could not go on after. */
  readonly broken: readonly unknown[];
  /** The answer to a question, whole. */
  ask<Request extends z.ZodType, Reply extends z.ZodType>(
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    options?: Partial<QueryOptions> & { readonly signal?: AbortSignal },
  ): Promise<Answer<z.output<Reply>>>;
  /** Registers a node that is ready. */
  withNode(node?: Node): Promise<void>;
  register(job: Job): Promise<z.output<typeof registerJob.reply>>;
}

/** Starts a server without workers that leads at once, unless `fields` say otherwise. */
export async function testServer(fields: Partial<ServerConfig> = {}): Promise<TestServer> {
  const runtime = testRuntime();
  const broken: unknown[] = [];
  const server = await startServer(runtime, { ...serverConfig, workers: 0, ...fields }, (error) => broken.push(error));
  await settled();
  await runtime.clock.advance(seconds(0));
  return {
    ...server,
    runtime,
    broken,
    ask: (method, request, options) => server.rpc.call(method, request, options),
    withNode: async (node = aNode()) => {
      await server.rpc.call(registerNode, { Node: node });
    },
    register: async (Job) =>
      (await server.rpc.call(registerJob, { Job, EnforceIndex: false, JobModifyIndex: 0 })).reply,
  };
}
