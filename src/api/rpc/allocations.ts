import { allocation, allocationListStub } from "../../model/index.ts";
import { listOf, optional, struct, text } from "../../wire/index.ts";
import { rpcMethod } from "./method.ts";

export const listAllocations = rpcMethod({
  name: "Alloc.List",
  request: struct({}),
  reply: struct({ Allocations: listOf(allocationListStub) }),
  answeredBy: "leader",
  access: "read",
});

export const getAllocation = rpcMethod({
  name: "Alloc.GetAlloc",
  request: struct({ AllocID: text }),
  reply: struct({ Alloc: optional(allocation) }),
  answeredBy: "leader",
  access: "read",
});

/** Several allocations at once; an unknown id is refused. Never blocks. */
export const getAllocations = rpcMethod({
  name: "Alloc.GetAllocs",
  request: struct({ AllocIDs: listOf(text) }),
  reply: struct({ Allocs: listOf(allocation) }),
  answeredBy: "leader",
  access: "read",
});
