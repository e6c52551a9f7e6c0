import type { Random } from "../../base/index.ts";
import type { Connection, Network } from "../../runtime/index.ts";

/** What goes wrong between hosts; may be changed at any time. */
export class Faults {
  /** The share of datagrams that is lost. */
  loss = 0;
  /** The share of connections that come to nothing. */
  brokenConnections = 0;
  /** Which side of a partition each host is on; all others are on the same. */
  readonly side = new Map<string, string>();
  /** Connections that somebody has begun and not yet closed. */
  connections = 0;

  isCut(from: string, to: string): boolean {
    return (this.side.get(hostOf(from)) ?? "") !== (this.side.get(hostOf(to)) ?? "");
  }
}

/** A network as one host sees it, with faults: datagrams are lost, and over a cut nothing passes. */
export function faultyNetwork(inner: Network, host: string, faults: Faults, random: Random): Network {
  const comesToNothing = (address: string) =>
    faults.isCut(host, address) || (faults.brokenConnections > 0 && random.fraction() < faults.brokenConnections);
  return {
    listen: (address, accept) => inner.listen(address, accept),
    connectLocal: (path, signal) => inner.connectLocal(path, signal),
    connect: async (address, signal) => {
      faults.connections += 1;
      try {
        const connection = await (comesToNothing(address) ? never(signal) : inner.connect(address, signal));
        return counted(connection, () => {
          faults.connections -= 1;
        });
      } catch (error) {
        faults.connections -= 1;
        throw error;
      }
    },
    bindDatagram: async (address, received) => {
      const socket = await inner.bindDatagram(address, received);
      return {
        address: socket.address,
        send: (to, bytes) => {
          if (!faults.isCut(host, to) && random.fraction() >= faults.loss) socket.send(to, bytes);
        },
        close: () => socket.close(),
      };
    },
  };
}

/** A connection that says once when it is closed. */
function counted(connection: Connection, closed: () => void): Connection {
  let isOpen = true;
  return {
    remoteAddress: connection.remoteAddress,
    incoming: connection.incoming,
    write: (bytes) => connection.write(bytes),
    close: () => {
      connection.close();
      if (isOpen) closed();
      isOpen = false;
    },
  };
}

/** Nobody answers: it ends when the caller has waited long enough. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, "");
}
