/** Bytes from a peer that are not what the protocol says, or are beyond a limit. The text says which. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}
