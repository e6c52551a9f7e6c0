import assert from "node:assert/strict";
import { test } from "node:test";
import { askingRoutes, filled, localRoutes, type OpenAPIDocument, type Verb } from "../api/index.ts";
import { httpWorld } from "./testing/http-world.ts";

const verbs: readonly Verb[] = ["GET", "PUT", "POST", "DELETE"];

async function served() {
  const world = await httpWorld();
  const { status, headers, text } = await world.ask("/v1/openapi.json");
  assert.deepEqual([status, headers["content-type"]], [200, "application/json"]);
  return { ...world, document: JSON.parse(text) as OpenAPIDocument };
}

test("the document names every route with its verbs, and no other", async () => {
  const { document } = await served();
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((verb) => `${verb.toUpperCase()} ${path}`),
  );
  const routes = Object.values({ ...askingRoutes, ...localRoutes }).flatMap(
    ({ verbs: own, path }: { readonly verbs: readonly Verb[] | "any"; readonly path: string }) =>
      (own === "any" ? ["GET"] : own).map((verb) => `${verb} ${path}`),
  );
  assert.ok(routes.length > 70, `${routes.length} routes`);
  assert.deepEqual(documented.sort(), routes.sort());
});

test("what the document names is served, and a verb that it does not name is refused", async () => {
  const { document, ask } = await served();
  for (const [path, operations] of Object.entries(document.paths)) {
    const target = filled(path, { JobID: "a", NodeID: "a", AllocID: "a", EvalID: "a" });
    const takesAny = Object.values(operations).some((operation) => operation["x-any-verb"]);
    for (const method of verbs) {
      const { status, text } = await ask(target, { method });
      const isNamed = takesAny || operations[method.toLowerCase()] !== undefined;
      assert.equal(status === 405, !isNamed, `${method} ${target}: ${status} ${text}`);
      assert.notEqual(text, "404 page not found\n", `${method} ${target}`);
    }
  }
});

test("every reference leads to something, and every name of an operation is its own", async () => {
  const { document } = await served();
  const text = JSON.stringify(document);
  const targets = [...text.matchAll(/"\$ref":"#\/components\/([a-z]+)\/([^"]+)"/g)];
  assert.ok(targets.length > 100);
  for (const [, kind, name] of targets) {
    assert.ok(name! in document.components[kind as keyof OpenAPIDocument["components"]], `${kind} ${name}`);
  }
  const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
});
