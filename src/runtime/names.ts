/** Who knows the addresses of hosts. */
export interface Names {
  /** The addresses of a host, or the one that it is itself; none where nobody knows it. */
  addressesOf(host: string): Promise<readonly string[]>;
}
