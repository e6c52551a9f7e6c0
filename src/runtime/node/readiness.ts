import { Socket, type SocketConstructorOpts } from "node:net";

/**
 * Tells when a descriptor has something to read, again and again until it is read, and reads nothing itself: so whoever
 * is told can take it and hand it on in one go, and little time passes in which only this process has it.
 *
 * A socket that is given no room to read to says that it has none instead of reading, and wants to be destroyed for it.
 */
export class Readiness extends Socket {
  readonly #ready: () => void;

  /** The descriptor is closed with it. */
  constructor(fd: number, ready: () => void) {
    const options: SocketConstructorOpts & { readonly manualStart: true } = {
      fd,
      readable: true,
      writable: false,
      manualStart: true,
      onread: { buffer: new Uint8Array(0), callback: () => true },
    };
    super(options);
    this.#ready = ready;
  }

  override destroy(error?: Error): this {
    if ((error as NodeJS.ErrnoException | undefined)?.code !== "ENOBUFS") return super.destroy(error);
    this.#ready();
    return this;
  }
}
