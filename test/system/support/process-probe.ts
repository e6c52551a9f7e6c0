// Loaded into agents before their own code (NODE_OPTIONS=--import=…): at SIGUSR2 it writes down what the process has
// been through since the last time, into the file that PROCESS_PROBE and the process id name.
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** A turn of the event loop is looked at so often, in milliseconds. */
const LOOK_EVERY = 10;

if (isMainThread && process.env.PROCESS_PROBE !== undefined) {
  const busy = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longestStall = 0;
  let last = { at: performance.now(), busy: busy() };
  setInterval(() => {
    const now = { at: performance.now(), busy: busy() };
    // What counts is the time that the loop itself was busy: a machine that gives others its processors is no stall of ours.
    longestStall = Math.max(longestStall, Math.min(now.at - last.at, now.busy - last.busy));
    last = now;
  }, LOOK_EVERY).unref();
  process.on("SIGUSR2", () => {
    const timers = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const { rss } = process.memoryUsage();
    writeFileSync(`${process.env.PROCESS_PROBE}.${process.pid}`, JSON.stringify({ longestStall, timers, rss }));
    longestStall = 0;
  });
}
