import * as allocations from "./allocations.ts";
import * as evaluations from "./evaluations.ts";
import * as explain from "./explain.ts";
import * as jobs from "./jobs.ts";
import * as nodes from "./nodes.ts";
import * as operator from "./operator.ts";
import * as scheduler from "./scheduler.ts";
import * as search from "./search.ts";
import * as status from "./status.ts";

/** Every RPC method by the name it has in our code. */
export const rpcMethods = {
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
