/** What a handler found out, before it is bytes. */
export type HttpAnswer =
  | { readonly kind: "json"; readonly value: unknown; readonly headers?: Headers; readonly status?: number }
  | { readonly kind: "nothing" }
  /** Text that says why there is nothing else. */
  | { readonly kind: "text"; readonly status: number; readonly text: string; readonly headers?: Headers }
  /** Sent as it comes. What goes wrong before the first piece is still an error with a status. */
  | {
      readonly kind: "pieces";
      readonly pieces: AsyncIterable<Uint8Array | string>;
      readonly type: string;
      readonly headers?: Headers;
      /** To pack it once more would be of no use. */
      readonly isPacked?: true;
    };

type Headers = Readonly<Record<string, string>>;

export const plainText = "text/plain; charset=utf-8";
