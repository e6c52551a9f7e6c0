import { Refusal } from "../api/index.ts";
import type { ByteBudget } from "../base/index.ts";
import type { HttpRequest, HttpResponse } from "../runtime/index.ts";
import { goJSONPieces } from "../wire/index.ts";
import { type HttpAnswer, plainText } from "./answer.ts";
import type { WrittenLists } from "./written-lists.ts";

/** Length of a text that is sent whole, up to which it needs no part of the budget. */
const freeLength = 256 * 1024;

/** How an answer is to be sent. */
export interface Manner {
  /** What texts that are sent whole may take in memory together, until their readers have taken them. */
  readonly budget: ByteBudget;
  readonly lists: WrittenLists;
  readonly headers: Readonly<Record<string, string>>;
  readonly pretty: boolean;
  readonly gzip: boolean;
}

/**
 * Sends an answer, in pieces where it is a long list. Rejects when the peer has gone, or what was to be sent fails, and
 * with `Refusal` when so many large answers wait for their readers that there is no room for this one.
 */
export async function sendAnswer(response: HttpResponse, answer: HttpAnswer, manner: Manner): Promise<void> {
  const { budget, lists, headers, pretty, gzip } = manner;
  switch (answer.kind) {
    case "nothing":
      response.begin(200, headers);
      return response.end();
    case "text":
      response.begin(answer.status, { ...headers, ...answer.headers, "Content-Type": plainText }, { gzip });
      return response.end(answer.text);
    case "json": {
      const json = { ...headers, ...answer.headers, "Content-Type": "application/json" };
      const begin = () => response.begin(answer.status ?? 200, json, { gzip });
      const known = await lists.bytesOf(answer.value, pretty);
      if (known === undefined) return sendJSON(response, goJSONPieces(answer.value, { pretty }), budget, begin);
      const isSent = await lists.lend(known, budget, () => {
        begin();
        return response.end(known);
      });
      if (!isSent) throw tooMany();
      return;
    }
    case "pieces": {
      const typed = { ...headers, ...answer.headers, "Content-Type": answer.type };
      const packing = { gzip: gzip && answer.isPacked !== true };
      return sendAsTheyCome(response, answer.pieces, () => response.begin(200, typed, packing));
    }
  }
}

/** A text of one piece goes whole, with its length. Nothing has begun if the value cannot be written. */
async function sendJSON(
  response: HttpResponse,
  pieces: Iterable<string>,
  budget: ByteBudget,
  begin: () => void,
): Promise<void> {
  let held: Uint8Array | string = "";
  const begun = () => {
    if (!response.begun) begin();
    return response;
  };
  for (const piece of asHeld(pieces)) {
    if (held !== "") await charged(budget, held, () => begun().write(held));
    held = piece;
  }
  await charged(budget, held, () => begun().end(held));
}

/** What may have to wait for its reader is held once: as the bytes that are sent, and not as the text too. */
function* asHeld(pieces: Iterable<string>): Iterable<Uint8Array | string> {
  for (const piece of pieces) yield piece.length <= freeLength ? piece : Buffer.from(piece);
}

async function charged(budget: ByteBudget, held: Uint8Array | string, send: () => Promise<void>): Promise<void> {
  const bytes = held.length <= freeLength ? 0 : held.length;
  if (!budget.take(bytes)) throw tooMany();
  try {
    await send();
  } finally {
    budget.give(bytes);
  }
}

function tooMany(): Refusal {
  return new Refusal(503, "too many large answers at once; ask again in a moment");
}

/** The head goes out with the first piece, so that what fails before it is still an error with a status. */
async function sendAsTheyCome(
  response: HttpResponse,
  pieces: AsyncIterable<Uint8Array | string>,
  begin: () => void,
): Promise<void> {
  for await (const piece of pieces) {
    if (!response.begun) begin();
    await response.write(piece);
  }
  if (!response.begun) begin();
  await response.end();
}

/** True if the peer takes gzip: it names it, or everything, and not with `q=0`. */
export function takesGzip({ headers }: HttpRequest): boolean {
  const said = headers["accept-encoding"];
  if (said === undefined) return false;
  const accepted = new Map(
    said.split(",").map((each) => {
      const [coding = "", ...parameters] = each.split(";").map((part) => part.trim().toLowerCase());
      const quality = parameters.find((parameter) => parameter.startsWith("q="));
      return [coding, quality === undefined ? 1 : Number(quality.slice(2))];
    }),
  );
  return (accepted.get("gzip") ?? accepted.get("*") ?? 0) > 0;
}
