export type PortRanges =
  | { readonly ok: true; readonly ports: readonly number[] }
  | { readonly ok: false; readonly reason: string };

const highestPort = 65_535;

/** Reads `22,80,8500-8600` into single ports, sorted and without doubles. */
export function parsePortRanges(text: string): PortRanges {
  const ports = new Set<number>();
  for (const part of text.split(",").map((item) => item.trim())) {
    if (part === "") return { ok: false, reason: "can't specify empty port" };
    const [first, last = first, ...rest] = part.split("-").map((bound) => bound.trim());
    if (rest.length > 0 || !isPort(first) || !isPort(last)) {
      return { ok: false, reason: "can only parse single port numbers or port ranges (ex. 80,100-120,150)" };
    }
    const [from, to] = [Number(first), Number(last)];
    if (from > to) {
      return { ok: false, reason: `invalid range: starting value (${to}) less than ending (${from}) value` };
    }
    for (let port = from; port <= to; port++) ports.add(port);
  }
  return { ok: true, ports: [...ports].sort((a, b) => a - b) };
}

function isPort(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= highestPort;
}
