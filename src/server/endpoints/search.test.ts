import assert from "node:assert/strict";
import { test } from "node:test";
import { searchPrefix } from "../../api/index.ts";
import { aJob, aNode, id } from "../testing/makers.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

async function serving(work: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await testServer();
  await work(server);
  await server.close();
  assert.deepEqual(server.broken, []);
}

const search = async (server: TestServer, Prefix: string, Context = "all", options = {}) =>
  (await server.ask(searchPrefix, { Prefix, Context }, options)).reply;

test("what begins so is found, by its kind and in order", () =>
  serving(async (server) => {
    await server.withNode(aNode({ ID: id(7) }));
    for (const ID of ["web-2", "web-1", "cache"]) await server.register(aJob({ ID, Name: ID }));
    assert.deepEqual(await search(server, "web"), {
      Matches: { jobs: ["web-1", "web-2"] },
      Truncations: { jobs: false },
    });
    const node = await search(server, id(7).slice(0, 8));
    assert.deepEqual(node.Matches.nodes, [id(7)]);
    assert.deepEqual(node.Matches.jobs, []);
    assert.deepEqual(Object.keys((await search(server, "web", "jobs")).Matches), ["jobs"]);
    assert.equal((await search(server, "", "evals")).Matches.evals?.length, 3);
  }));

test("IDs are found by any number of digits, with hyphens or without, and capital letters are small ones", () =>
  serving(async (server) => {
    const ID = "abcdef12-0000-4000-8000-000000000001";
    await server.withNode(aNode({ ID }));
    for (const prefix of ["", "a", "abc", "ABCDEF12-0", "abcdef12-", ID, ID.replaceAll("-", "")])
      assert.deepEqual((await search(server, prefix, "nodes")).Matches, { nodes: [ID] }, prefix);
    assert.deepEqual((await search(server, "abd0", "nodes")).Matches, { nodes: [] });
    for (const prefix of ["g", `${ID}0`, "\u0000"])
      assert.deepEqual((await search(server, prefix, "nodes")).Matches, {});
  }));

test("only what begins with all the digits is found, also if their number is odd", () =>
  serving(async (server) => {
    const [first, second] = ["abc90000-0000-4000-8000-000000000001", "ab120000-0000-4000-8000-000000000002"];
    for (const ID of [first, second]) await server.withNode(aNode({ ID }));
    const nodes = async (prefix: string) => (await search(server, prefix, "nodes")).Matches.nodes;
    assert.deepEqual(await nodes("abc"), [first]);
    assert.deepEqual(await nodes("ab1"), [second]);
    assert.deepEqual(await nodes("ab"), [second, first]);
    assert.deepEqual(await nodes("abd"), []);
    assert.deepEqual(await nodes(`${first.slice(0, 9)}000`), [first]);
  }));

test("of one kind 20 are told, and that there are more", () =>
  serving(async (server) => {
    for (let number = 0; number < 21; number++) {
      const ID = `web-${String(number).padStart(2, "0")}`;
      await server.register(aJob({ ID, Name: ID }));
    }
    const { Matches, Truncations } = await search(server, "web-", "jobs");
    assert.deepEqual([Matches.jobs?.length, Matches.jobs?.at(-1), Truncations.jobs], [20, "web-19", true]);
    assert.equal((await search(server, "web-0", "jobs")).Truncations.jobs, false);
  }));

test("jobs of other namespaces are not found, nor kinds that there are none of; an unknown kind is refused", () =>
  serving(async (server) => {
    await server.register(aJob({ ID: "web", Name: "web" }));
    assert.deepEqual((await search(server, "web", "jobs", { namespace: "other" })).Matches, { jobs: [] });
    assert.deepEqual(await search(server, "web", "deployment"), { Matches: {}, Truncations: {} });
    await assert.rejects(search(server, "web", "pods"), { code: 400, message: /^context must be one of \[jobs / });
  }));
