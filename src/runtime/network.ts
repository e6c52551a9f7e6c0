/** A two-way stream of bytes: a TCP connection, or one of the simulator's. */
export interface Connection {
  readonly remoteAddress: string;
  /** Chunks as they come; ends when the peer has closed its side, rejects when the connection breaks. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves when the bytes are on their way and there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
}

export interface Listener {
  /** The address that was really bound, as `host:port`. */
  readonly address: string;
  close(): Promise<void>;
}

export interface DatagramSocket {
  readonly address: string;
  send(to: string, bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** Sockets. Addresses are `host:port`, with brackets around an IPv6 host. */
export interface Network {
  /** Rejects with a Node error code (`EADDRINUSE`, `EACCES`) when the address cannot be bound. */
  listen(address: string, accept: (connection: Connection) => void): Promise<Listener>;
  connect(address: string, signal: AbortSignal): Promise<Connection>;
  /** To who listens at a path of this machine; of a path above some hundred bytes it rejects with `EINVAL`. */
  connectLocal(path: string, signal: AbortSignal): Promise<Connection>;
  bindDatagram(address: string, received: (from: string, bytes: Uint8Array) => void): Promise<DatagramSocket>;
}
