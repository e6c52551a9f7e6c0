/** An artifact could not be fetched; the message tells why, without what was secret in its source. */
export class ArtifactError extends Error {
  override readonly name = "ArtifactError";
  /** Whether another try may do better. */
  readonly isRecoverable: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly recoverable?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.isRecoverable = options.recoverable ?? true;
  }
}

/** The job, or this client's options, must change first: another try would come to the same. */
export function refusal(message: string): ArtifactError {
  return new ArtifactError(message, { recoverable: false });
}
