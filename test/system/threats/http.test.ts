import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { assertAtMost, MB } from "./attacks.ts";
import { Victim } from "./victim.ts";

/** The nasty inputs of the HTTP API, and what they may cost. `N` in a name is the row of the list of nasty inputs. */

describe("HTTP", () => {
  let victim: Victim;
  before(async () => {
    victim = await Victim.start();
    await victim.watch();
  });
  after(() => victim.dispose());

  test("4: 100 MB of JSON is refused with 413 before it is all read, while others are served", async () => {
    const body = jobOf(100 * MB);
    await victim.felt();
    let answer: Answer | undefined;
    const growth = await victim.growth(async () => {
      answer = await put(victim, "/v1/jobs", [body]);
    });
    const { worst, failures } = await victim.felt();
    assert.equal(answer?.status, 413);
    assertAtMost(growth, 128, "MB more");
    assertAtMost(worst, 100, "ms for a bystander");
    assert.equal(failures, 0);
  });

  test("4: JSON just within the limit is read, or refused, without stopping the others", async () => {
    const body = jobOf(60 * MB);
    await victim.felt();
    let answer: Answer | undefined;
    const growth = await victim.growth(async () => {
      answer = await put(victim, "/v1/jobs", [body]);
    });
    const { worst, failures } = await victim.felt();
    console.log(answer?.status, answer?.text.slice(0, 200), growth, worst, failures);
  });

  test("4b: a body without end is refused with 413 at the limit", async () => {
    const chunk = Buffer.alloc(MB, "a");
    await victim.felt();
    let answer: Answer | undefined;
    const growth = await victim.growth(async () => {
      answer = await put(
        victim,
        "/v1/jobs",
        Array.from({ length: 400 }, () => chunk),
      );
    });
    const { worst, failures } = await victim.felt();
    console.log(answer?.sent, growth, worst);
    assert.equal(answer?.status, 413);
    assertAtMost(growth, 128, "MB more");
    assertAtMost(worst, 100, "ms for a bystander");
    assert.equal(failures, 0);
  });

  test("7: JSON nested 10,000 to 20,000,000 deep is refused with 400", async () => {
    for (const depth of [10_001, 100_000, 1_000_000, 20_000_000]) {
      const body = Buffer.alloc(depth, "[");
      let answer: Answer | undefined;
      const growth = await victim.growth(async () => {
        answer = await put(victim, "/v1/jobs", [body]);
      });
      console.log(depth, growth, answer?.text);
      assert.equal(answer?.status, 400);
      assertAtMost(growth, 64, "MB more");
    }
    const { worst, failures } = await victim.felt();
    assertAtMost(worst, 100, "ms for a bystander");
    assert.equal(failures, 0);
  });

  test("8: 10,000 connections that say nothing cost 10 KB each at most, and nobody waits", async () => {
    const sockets: Socket[] = [];
    const growth = await victim.growth(async () => {
      for (let at = 0; at < 10_000; at += 200) {
        sockets.push(...(await Promise.all(Array.from({ length: 200 }, () => victim.dial(victim.http)))));
      }
      await victim.felt();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    });
    const { worst, median, failures } = await victim.felt();
    console.log(growth, worst, median, failures);
    for (const socket of sockets) socket.destroy();
  });
});

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Bytes of the body that were sent before the answer came. */
  readonly sent: number;
}

/** Sends a body in chunks, as long as there is no answer. */
function put(victim: Victim, path: string, chunks: readonly Uint8Array[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = false;
    const asking = request(`${victim.address}${path}`, { method: "PUT" }, async (response) => {
      answered = true;
      let text = "";
      response.on("data", (part) => {
        text += part;
      });
      response.on("error", () => {});
      await once(response, "close");
      asking.destroy();
      resolve({ status: response.statusCode ?? 0, text, sent });
    });
    asking.on("error", (error) => (answered ? undefined : reject(error)));
    const write = async () => {
      for (const chunk of chunks) {
        if (answered || asking.destroyed) return;
        if (!asking.write(chunk)) await Promise.race([once(asking, "drain"), once(asking, "close")]);
        sent += chunk.length;
      }
      asking.end();
    };
    write().catch(() => {});
  });
}

/** A job of about so many bytes, most of them its meta. */
function jobOf(bytes: number): Buffer {
  const value = "x".repeat(1000);
  const pairs = Array.from({ length: Math.floor(bytes / 1020) }, (_, at) => `"k${at}":"${value}"`);
  return Buffer.from(
    `{"Job":{"ID":"big","Name":"big","Type":"service","Datacenters":["dc1"],"Meta":{${pairs.join(",")}}}}`,
  );
}
