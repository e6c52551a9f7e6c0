/** A request to be sent. `target` is path and query, escaped already. */
export interface OutgoingRequest {
  readonly method: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text, or bytes as they come; what they throw is what `send` rejects with. */
  readonly body?: string | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** An answer, its head read and its body still on the way. Header names in lower case. */
export interface IncomingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Chunks as they come; rejects when the connection breaks before the end. Stopping early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Asks one HTTP server. */
export interface HttpClient {
  /** Rejects with a Node error code (`ECONNREFUSED`, `ENOTFOUND`) when there is no answer, or with the signal's reason. */
  send(request: OutgoingRequest): Promise<IncomingAnswer>;
}

/** How a server is trusted, and how we show who we are; all in PEM. */
export interface HttpTls {
  /** Whom to trust, in place of the system's authorities. */
  readonly authorities?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** With false, anybody is believed to be the server. */
  readonly verifies: boolean;
}
