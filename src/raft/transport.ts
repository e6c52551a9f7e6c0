import { assert } from "../base/index.ts";
import type { Member, ServerID } from "./core/membership.ts";
import type { RaftMessage } from "./core/messages.ts";

/**
 * How servers reach each other. Messages may be lost, doubled, delayed and reordered, never altered; and they come
 * only from servers that the transport knows as servers of this region.
 */
export interface Transport {
  /** Sends and forgets. It must not call `received` before it returns, and drops what a slow peer does not take. */
  send(to: ServerID, message: RaftMessage): void;
  /** Begins to deliver; called once. */
  listen(received: (from: ServerID, message: RaftMessage) => void): void;
  /** The servers of the configuration in force and their addresses; answers to others go back the way they came. */
  membersChanged(members: readonly Member[]): void;
  close(): Promise<void>;
}

/** For a server that is the only one of its cluster: it has nobody to talk to. */
export const noPeers: Transport = {
  send: (to) => assert(false, `a server without peers sends nothing, least of all to "${to}"`),
  listen: () => {},
  membersChanged: () => {},
  close: async () => {},
};
