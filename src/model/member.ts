import type * as z from "zod";
import { mapOf, struct, text, whole } from "../wire/index.ts";

/** A server as gossip sees it. `Name` is `<node>.<region>`, `Port` the gossip port. */
export const member = struct({
  Name: text,
  Addr: text,
  Port: whole,
  Tags: mapOf(text),
  Status: text,
  ProtocolMin: whole,
  ProtocolMax: whole,
  ProtocolCur: whole,
  DelegateMin: whole,
  DelegateMax: whole,
  DelegateCur: whole,
});
export type Member = z.infer<typeof member>;
