/** Where servers listen for RPC when an address names no port. */
const defaultPort = 4647;

/**
 * An address as an operator writes it, as `host:port`: without a port it gets 4647, an IPv6 host gets its brackets.
 * Undefined when it is none. Names are not looked up here: who they are may change while the client runs.
 */
export function serverAddress(text: string): string | undefined {
  const [, bracketed, , plain, port] = /^(?:(\[([\da-f:.]+)\])|([^\s[\]:]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain ?? bareIPv6(text);
  const number = port === undefined ? defaultPort : Number(port);
  const address = `${host}:${number}`;
  return host !== undefined && number > 0 && URL.canParse(`http://${address}`) ? address : undefined;
}

function bareIPv6(text: string): string | undefined {
  return /^[\da-f.]*:[\da-f.]*:[\da-f:.]*$/i.test(text) ? `[${text}]` : undefined;
}
