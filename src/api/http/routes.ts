import * as agent from "./agent.ts";
import * as allocations from "./allocations.ts";
import * as client from "./client.ts";
import * as evaluations from "./evaluations.ts";
import * as explain from "./explain.ts";
import * as jobFiles from "./job-files.ts";
import * as jobs from "./jobs.ts";
import * as nodes from "./nodes.ts";
import * as openAPI from "./openapi.ts";
import * as operator from "./operator.ts";
import * as scheduler from "./scheduler.ts";
import * as search from "./search.ts";
import * as snapshot from "./snapshot.ts";
import * as status from "./status.ts";

/** Every path behind which stands an RPC method. */
export const askingRoutes = {
  ...jobs,
  ...nodes,
  ...allocations,
  ...evaluations,
  ...explain,
  ...operator,
  ...scheduler,
  ...search,
  ...status,
};

/** Every path that the agent answers itself. */
export const localRoutes = { ...agent, ...client, ...jobFiles, ...openAPI, ...snapshot };
