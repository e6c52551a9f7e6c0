import { UnexpectedStatus } from "../api/index.ts";
import { AgentUnreachable } from "./agent-transport.ts";

/** A command cannot go on; the message is for the user, whole. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** Nothing is called as the user wrote. */
export class NothingFound extends CommandFailed {}

/**
 * What an agent answered; when it refuses or cannot be reached, the command fails with `doing` before the reason:
 * `Error querying jobs: Unexpected response code: 500 (No cluster leader)`.
 */
export async function answered<Answer>(doing: string, asking: Promise<Answer>): Promise<Answer> {
  try {
    return await asking;
  } catch (error) {
    throw isRefusal(error) ? new CommandFailed(`${doing}: ${error.message}`, { cause: error }) : error;
  }
}

/** True for an error by which an agent, or the way to it, answers a question; what is no JSON is an answer too. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof UnexpectedStatus || error instanceof AgentUnreachable || error instanceof SyntaxError;
}
