import type { Processes } from "../runtime/index.ts";
import { DriverStartError } from "./driver.ts";

/** The ids by which a task runs as user `name`. Throws `DriverStartError` if there is none, or the agent may not. */
export async function taskUser(processes: Processes, name: string): Promise<{ uid: number; gid: number }> {
  const user = await processes.user(name);
  if (user === undefined) throw new DriverStartError(`unknown user ${JSON.stringify(name)}`);
  if (processes.effectiveUserID !== 0 && processes.effectiveUserID !== user.uid) {
    throw new DriverStartError(`cannot run as user ${JSON.stringify(name)}: the agent is not root`);
  }
  return user;
}
