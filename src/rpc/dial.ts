import { type Duration, type Signal, seconds, withEither } from "../base/index.ts";
import type { Connection, Runtime } from "../runtime/index.ts";
import { within } from "./within.ts";

const usualTimeout: Duration = seconds(10);

/**
 * Connects to a server's RPC port and says by the first byte what for. The caller owns the connection. Rejects when
 * that takes longer than `timeout`, ten seconds by default, or with the signal's reason.
 */
export async function dial(
  { clock, network }: Pick<Runtime, "clock" | "network">,
  address: string,
  byte: number,
  { signal, timeout = usualTimeout }: { readonly signal: Signal; readonly timeout?: Duration },
): Promise<Connection> {
  const late = new AbortController();
  const timedOut = () => {
    const reason = new Error("connect timed out");
    late.abort(reason);
    return reason;
  };
  const connection = await withEither([signal, late.signal], (either) =>
    within(clock, timeout, network.connect(address, either), timedOut),
  );
  try {
    await connection.write(Uint8Array.of(byte));
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
