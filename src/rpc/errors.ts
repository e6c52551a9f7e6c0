/** The peer answered, and its answer is a refusal. The message is the one callers of Nomad's pool see. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  /** What the peer said, word for word. */
  readonly text: string;

  constructor(text: string) {
    super(`rpc error: ${text}`);
    this.text = text;
  }
}

/** A peer could not be reached, or was lost before it answered: another may be asked. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly address: string;
  /** The question was on its way: it may have been carried out. */
  readonly mayHaveRun: boolean;

  constructor(
    address: string,
    reason: string,
    { mayHaveRun, cause }: { readonly mayHaveRun: boolean; readonly cause?: unknown },
  ) {
    super(`No answer from ${address}: ${reason}`, { cause });
    this.address = address;
    this.mayHaveRun = mayHaveRun;
  }
}

/** A peer does not keep to the wire's rules, or sends what takes more than we give: its connection is closed. */
export class ProtocolViolation extends Error {
  override readonly name = "ProtocolViolation";
}

/** A stream or the connection under it is gone. */
export class StreamClosed extends Error {
  override readonly name = "StreamClosed";
}
