import { Agent, get } from "node:http";

/** What is asked, and by how many at once. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
}

/** Asks the same again and again on connections that stay open. Rejects when an answer is not 200. */
export async function load({
  port,
  path,
  connections,
  seconds,
}: Load): Promise<{ answers: number; bytesEach: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const end = performance.now() + seconds * 1000;
  let answers = 0;
  let bytes = 0;
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const asked = get({ host: "127.0.0.1", port, path, agent }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`${path} is answered with ${answer.statusCode}`));
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
        });
        answer.on("end", resolve);
      });
      asked.on("error", reject);
    });
  const one = async () => {
    while (performance.now() < end) {
      await ask();
      answers++;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, one));
  } finally {
    agent.destroy();
  }
  return { answers, bytesEach: bytes / Math.max(answers, 1) };
}
