import type { Connection } from "../runtime/index.ts";

/** The first byte of a connection to a server's RPC port says what it is for; no answer is sent to it. */
export const firstByte = {
  /** One stream of calls, right on the connection. */
  rpc: 0x01,
  raft: 0x02,
  /** A yamux session; each of its streams is one of calls, without a first byte of its own. */
  multiplex: 0x03,
  tls: 0x04,
  /** A snapshot of the state, on its way out or in; ours alone. */
  snapshot: 0x53,
} as const;

/** A connection whose first byte was read: what came behind it in the same chunk is not lost. */
export interface Opened {
  readonly byte: number;
  readonly connection: Connection;
}

/** Reads the first byte; undefined when the peer goes without a word. Rejects when the connection breaks. */
export async function readFirstByte(connection: Connection): Promise<Opened | undefined> {
  const chunks = connection.incoming[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await chunks.next();
    if (done === true) return undefined;
    const byte = value[0];
    if (byte === undefined) continue;
    return { byte, connection: behindFirstByte(connection, value.subarray(1), chunks) };
  }
}

function behindFirstByte(connection: Connection, rest: Uint8Array, chunks: AsyncIterator<Uint8Array>): Connection {
  let unread: Uint8Array | undefined = rest.length > 0 ? rest : undefined;
  const next = (): Promise<IteratorResult<Uint8Array>> => {
    const value = unread;
    if (value === undefined) return chunks.next();
    unread = undefined;
    return Promise.resolve({ done: false, value });
  };
  return {
    remoteAddress: connection.remoteAddress,
    incoming: { [Symbol.asyncIterator]: () => ({ next }) },
    write: (bytes) => connection.write(bytes),
    close: () => connection.close(),
  };
}
