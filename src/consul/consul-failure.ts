/** Consul's agent gave no answer that can be used: it is away, takes too long, or says what is no answer. */
export class ConsulSilent extends Error {
  override readonly name = "ConsulSilent";
}

/** Consul's agent refused something; the message is its own. */
export class ConsulRefusal extends Error {
  override readonly name = "ConsulRefusal";
  /** Of the answer, as HTTP has it. */
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}
