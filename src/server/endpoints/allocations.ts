import { getAllocation, getAllocations, listAllocations, RpcError } from "../../api/index.ts";
import { type AllocationListStub, allocationStubOf, completeAllocation } from "../../model/index.ts";
import { type Endpoint, endpoint, readEndpoint, type ServerContext } from "../endpoint.ts";
import { KeptList } from "../kept-list.ts";
import { fullID, idPrefix, newest } from "./lookup.ts";

/** What clients and users ask about allocations. */
export function allocationEndpoints(context: ServerContext): readonly Endpoint[] {
  const allAllocations = new KeptList<AllocationListStub>();
  return [
    readEndpoint(context, listAllocations, (view, { options }) => {
      const prefix = idPrefix("alloc", options.prefix);
      const made = () => [...view.allocations.withPrefix(prefix)].map(allocationStubOf);
      const Allocations = prefix === "" ? allAllocations.of([view.allocations], made) : made();
      return { result: { Allocations }, index: view.allocations.lastIndex };
    }),
    readEndpoint(context, getAllocation, (view, { request }) => {
      const found = view.allocations.get(fullID("alloc", request.AllocID));
      const Alloc = found === undefined ? null : completeAllocation(found);
      return { result: { Alloc }, index: found?.ModifyIndex ?? view.allocations.lastIndex };
    }),
    endpoint(getAllocations, async ({ request }) => {
      const view = context.state.view();
      const Allocs = request.AllocIDs.map((id) => {
        const found = view.allocations.get(fullID("alloc", id));
        if (found === undefined) throw new RpcError(`unknown alloc id "${id}"`);
        return found;
      });
      return { reply: { Allocs }, index: newest(Allocs, view.allocations.lastIndex) };
    }),
  ];
}
