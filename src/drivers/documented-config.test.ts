import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { driverConfigProblems } from "../model/index.ts";
import { NodeDisk, nodeRuntime } from "../runtime/node/index.ts";
import { dockerConfig } from "./docker/docker-config.ts";
import { builtInDrivers } from "./drivers.ts";

const path = new URL("../../docs/job-files.md", import.meta.url).pathname;
const page = new TextDecoder().decode(await new NodeDisk().read(path));

/** Where the page begins to tell of each driver. */
const beginnings: Readonly<Record<string, string>> = {
  exec: "## Drivers\n",
  raw_exec: "## Drivers\n",
  java: "\n**`java`**",
  qemu: "\n**`qemu`**",
  docker: "\n### docker\n",
};

/** The keys in the first table that the page has of a driver: those in its left column, and the row of each. */
function documented(driver: string): ReadonlyMap<string, string> {
  const at = page.indexOf(beginnings[driver] ?? assert.fail(`nothing is said of where ${driver} is described`));
  assert.ok(at >= 0, driver);
  const [, rows = ""] = /\n\| --- \|.*\n((?:\|.*\n)+)/.exec(page.slice(at)) ?? [];
  return new Map(
    rows
      .split("\n")
      .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, key]) => [key!, row])),
  );
}

function keysOf(schema: unknown): readonly string[] {
  assert.ok(schema instanceof z.ZodObject);
  return Object.keys(schema.shape);
}

const drivers = builtInDrivers(nodeRuntime({ logLevel: "ERR", writeLog: () => {} }));
const allKeys = new Set(drivers.flatMap(({ config }) => keysOf(config)));

for (const { name, config } of drivers) {
  const keys = keysOf(config);

  test(`what the page says may stand in the config of ${name} is what the driver reads`, () => {
    assert.deepEqual([...documented(name).keys()].sort(), keys.toSorted());
  });

  test(`a job may be registered with what ${name} reads, and with nothing that only other drivers read`, () => {
    const isTaken = (key: string) =>
      !driverConfigProblems(name, { [key]: [] }).includes(`"${key}" is an invalid field`);
    assert.deepEqual([...allKeys].filter(isTaken).sort(), keys.toSorted());
  });
}

test("what the page says may stand in a block `auth` of docker is what is read of it", () => {
  const row = documented("docker").get("auth") ?? "";
  const named = [...row.matchAll(/`(\w+)`/g)].map(([, key]) => key!).filter((key) => key !== "auth");
  const { auth } = dockerConfig.parse({ image: "x", auth: [Object.fromEntries(named.map((key) => [key, key]))] });
  const read = Object.entries(auth ?? {}).filter(([, value]) => value !== "");
  assert.deepEqual(read.map(([key]) => key).sort(), named.toSorted());
  assert.deepEqual(Object.keys(auth ?? {}).sort(), named.toSorted());
});
