import { schedulerConfiguration } from "../../model/index.ts";
import { flag, optional, struct } from "../../wire/index.ts";
import { rpcMethod } from "./method.ts";

/** How the schedulers of the region work. */
export const getSchedulerConfiguration = rpcMethod({
  name: "Operator.SchedulerGetConfiguration",
  request: struct({}),
  reply: struct({ SchedulerConfig: optional(schedulerConfiguration) }),
  answeredBy: "leader",
  access: "read",
});

/** Has them work so. With `CAS`, only if the configuration was last changed at the `ModifyIndex` that is sent; 0 if never. */
export const setSchedulerConfiguration = rpcMethod({
  name: "Operator.SchedulerSetConfiguration",
  request: struct({ Config: optional(schedulerConfiguration), CAS: flag }),
  reply: struct({ Updated: flag }),
  answeredBy: "leader",
  access: "write",
});
