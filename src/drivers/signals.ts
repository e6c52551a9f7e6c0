/** Linux's numbers of the signals whose default is to end a process, and that a process may choose to handle. */
const endingSignals: ReadonlyMap<string, number> = new Map([
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGQUIT", 3],
  ["SIGABRT", 6],
  ["SIGUSR1", 10],
  ["SIGUSR2", 12],
  ["SIGPIPE", 13],
  ["SIGALRM", 14],
  ["SIGTERM", 15],
]);

/**
 * The number of `signal` if it would end a process as things stand: its default is to, and the process neither handles
 * nor ignores it. `status` is the text of `/proc/<pid>/status`, whose masks have bit 0 for signal 1.
 */
export function endingNumber(signal: string, status: string): number | undefined {
  const number = endingSignals.get(signal);
  if (number === undefined) return undefined;
  const isIn = (mask: string) => {
    const bits = new RegExp(`^${mask}:\\s+([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0";
    return ((BigInt(`0x${bits}`) >> BigInt(number - 1)) & 1n) === 1n;
  };
  return isIn("SigCgt") || isIn("SigIgn") ? undefined : number;
}
