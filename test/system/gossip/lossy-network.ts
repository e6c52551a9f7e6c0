import { SeededRandom } from "../../../src/base/index.ts";
import type { Network } from "../../../src/runtime/index.ts";

/** A network that loses a share of the datagrams it sends and receives; connections are whole. */
export function lossy(inner: Network, share: number, seed: string): Network {
  const random = new SeededRandom(seed);
  return {
    listen: (address, accept) => inner.listen(address, accept),
    connect: (address, signal) => inner.connect(address, signal),
    connectLocal: (path, signal) => inner.connectLocal(path, signal),
    bindDatagram: async (address, received) => {
      const socket = await inner.bindDatagram(address, (from, bytes) => {
        if (random.fraction() >= share) received(from, bytes);
      });
      return {
        address: socket.address,
        send: (to, bytes) => {
          if (random.fraction() >= share) socket.send(to, bytes);
        },
        close: () => socket.close(),
      };
    },
  };
}
