import { textFlag } from "../base/index.ts";
import { described } from "./command.ts";

/** How a command names a server of Raft's configuration: one of the two is to be given. */
export const peerFlags = {
  "peer-address": described(textFlag(), `The server's RPC address, as "list-peers" shows it.`, "<ip:port>"),
  "peer-id": described(textFlag(), `The server's ID, as "list-peers" shows it.`, "<id>"),
};

interface Given {
  readonly "peer-address": string;
  readonly "peer-id": string;
}

/** A server by its ID, or by its address. */
export interface NamedPeer {
  readonly id?: string;
  readonly address?: string;
}

/** As its user named it: `id "…"` or `address "…"`. */
export function nameOf({ id, address }: NamedPeer): string {
  return id === undefined ? `address "${address}"` : `id "${id}"`;
}

/** The server that the flags name; a text that says what is wrong if they name none, or two. */
export function peerOf(flags: Given): NamedPeer | string {
  const { "peer-address": address, "peer-id": id } = flags;
  if (address === "" && id === "") return "Name the server, by -peer-id or by -peer-address";
  if (address !== "" && id !== "") return "Name the server by -peer-id or by -peer-address, not by both";
  return id === "" ? { address } : { id };
}
