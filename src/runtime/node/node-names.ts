import { lookup } from "node:dns/promises";
import type { Names } from "../names.ts";

/** Asks what the machine asks for names. */
export class NodeNames implements Names {
  async addressesOf(host: string): Promise<readonly string[]> {
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } catch {
      return [];
    }
  }
}
