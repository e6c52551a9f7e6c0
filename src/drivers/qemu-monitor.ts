import { join } from "node:path";
import * as z from "zod";
import { type Duration, seconds, whenAborted } from "../base/index.ts";
import { type Connection, endsWithin, type Runtime } from "../runtime/index.ts";

/** Its name in a directory that is open to nobody but QEMU: who may speak here may do all that QEMU may. */
export const monitorName = "qemu-monitor.sock";

/** QEMU answers at once, and short. */
const patience: Duration = seconds(5);
const longestAnswer = 64 * 1024;

const qmpMessage = z.object({ return: z.unknown().optional(), error: z.object({ desc: z.string() }).optional() });

/**
 * Asks the QEMU that listens in `directory` one thing by its protocol for machines (QMP) and gives what it returns. Rejects
 * when nobody listens, or it refuses, or says nothing for some seconds.
 */
export async function askQemu(
  runtime: Pick<Runtime, "clock" | "disk" | "network">,
  directory: string,
  command: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const over = new AbortController();
  const asking = conversation(runtime, directory, { execute: command, arguments: args }, over.signal);
  const settled = asking.then(
    () => {},
    () => {},
  );
  if (await endsWithin(runtime.clock, settled, patience)) return asking;
  over.abort();
  throw new Error(`QEMU does not answer "${command}"`);
}

async function conversation(
  { disk, network }: Pick<Runtime, "disk" | "network">,
  directory: string,
  command: object,
  signal: AbortSignal,
): Promise<unknown> {
  // By way of the open directory: the path of a socket may be no longer than some hundred bytes.
  const opened = await disk.open(directory, "read");
  try {
    const connection = await network.connectLocal(join(opened.lastingPath, monitorName), signal);
    const stopClosing = whenAborted(signal, () => connection.close());
    try {
      return await asked(connection, [{ execute: "qmp_capabilities" }, command]);
    } finally {
      stopClosing();
      connection.close();
    }
  } finally {
    await opened.close();
  }
}

/** The answer to the last of some commands. */
async function asked(connection: Connection, commands: readonly object[]): Promise<unknown> {
  await connection.write(Buffer.from(commands.map((command) => `${JSON.stringify(command)}\n`).join("")));
  let [unanswered, text] = [commands.length, ""];
  for await (const chunk of connection.incoming) {
    const lines = (text + Buffer.from(chunk).toString()).split("\n");
    text = lines.pop() as string;
    if (text.length > longestAnswer) throw new Error("QEMU says too much");
    for (const line of lines) {
      const message = qmpMessage.parse(JSON.parse(line));
      if (message.error !== undefined) throw new Error(`QEMU refuses: ${message.error.desc}`);
      // What it says unasked, such as its greeting and events, returns nothing.
      if (message.return !== undefined && --unanswered === 0) return message.return;
    }
  }
  throw new Error("QEMU has left");
}
