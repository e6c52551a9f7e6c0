import { CommandFailed } from "./command-failed.ts";
import type { Environment } from "./environment.ts";

/** An answer longer than this is none. */
const longestAnswer = 1_024;

/**
 * Asks the user to confirm. Undefined when they did, else the exit code, with the reason told. Only an exact `y` is a
 * yes; nothing, or anything that begins with `n`, is a no.
 */
export async function unconfirmed(
  environment: Pick<Environment, "input" | "output">,
  question: string,
  { canceled }: { readonly canceled: string },
): Promise<number | undefined> {
  environment.output.write(`${question} [y/N] `);
  const answer = await lineOf(environment.input);
  if (answer === "y") return undefined;
  if (answer === "" || /^n/i.test(answer)) {
    environment.output.write(`${canceled}\n`);
    return 0;
  }
  if (/^y./i.test(answer)) {
    environment.output.write("For confirmation, an exact ‘y’ is required.\n");
    return 0;
  }
  environment.output.write("No confirmation detected. For confirmation, an exact 'y' is required.\n");
  return 1;
}

/** The first line of the input. An input that ends without one has not answered. */
async function lineOf(input: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of input) {
    text += Buffer.from(chunk).toString();
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end).replace(/\r$/, "");
    if (text.length > longestAnswer) break;
  }
  if (text === "") throw new CommandFailed("Failed to parse answer: EOF");
  return text;
}
