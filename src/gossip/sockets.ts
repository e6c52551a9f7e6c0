import type { Connection, DatagramSocket, Listener, Network } from "../runtime/index.ts";
import { formatEndpoint, parseEndpoint } from "./endpoint.ts";

/** A free port is taken by TCP first; UDP may find it in use. */
const ATTEMPTS = 10;

/** Both ways into a member, at one address. */
export interface Sockets {
  /** As `ip:port`. */
  readonly address: string;
  send(to: string, bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** Listens by TCP and UDP on one port. Rejects with a Node error code when that is not to be had. */
export async function openSockets(
  network: Network,
  bind: string,
  handlers: {
    accepted(connection: Connection): void;
    received(from: string, bytes: Uint8Array): void;
  },
): Promise<Sockets> {
  for (let attempt = 1; ; attempt++) {
    const listener = await network.listen(bind, handlers.accepted);
    try {
      return joined(listener, await network.bindDatagram(listener.address, handlers.received));
    } catch (error) {
      await listener.close();
      const isTaken = (error as { code?: string }).code === "EADDRINUSE";
      if (!isTaken || !bind.endsWith(":0") || attempt >= ATTEMPTS) throw error;
    }
  }
}

function joined(listener: Listener, socket: DatagramSocket): Sockets {
  const endpoint = parseEndpoint(listener.address);
  return {
    address: endpoint === undefined ? listener.address : formatEndpoint(endpoint),
    send: (to, bytes) => socket.send(to, bytes),
    close: async () => {
      await Promise.all([listener.close(), socket.close()]);
    },
  };
}
