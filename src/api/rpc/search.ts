import { flag, listOf, mapOf, struct, text } from "../../wire/index.ts";
import { rpcMethod } from "./method.ts";

/**
 * The IDs that begin with `Prefix`, by what they are IDs of: `jobs`, `nodes`, `allocs` and `evals`. `Context` is one of
 * these, or `all`. Of each kind the first 20 are told; `Truncations` says where there are more.
 */
export const searchPrefix = rpcMethod({
  name: "Search.PrefixSearch",
  request: struct({ Prefix: text, Context: text }),
  reply: struct({ Matches: mapOf(listOf(text)), Truncations: mapOf(flag) }),
  answeredBy: "leader",
  access: "read",
});
