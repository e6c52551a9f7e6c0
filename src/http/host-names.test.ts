import assert from "node:assert/strict";
import { test } from "node:test";
import { HostCheck } from "./host-names.ts";
import { httpWorld } from "./testing/http-world.ts";

const browser = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0" };
type Headers = Readonly<Record<string, string>>;

const own = ["vm", "nomad-1.example"];

const ours = [
  "127.0.0.1:4646",
  "10.0.0.5",
  "[::1]:4646",
  "0.0.0.0:4646",
  "localhost:4646",
  "LOCALHOST.",
  "nomad.localhost",
  "vm",
  "nomad",
  "nomad-1.example:4646",
  "Nomad-1.Example.",
];
const foreign = [
  "evil.example:4646",
  "nomad-1.example.evil.example",
  "127.0.0.1.evil.example",
  "localhost.evil.example",
];

test("T24: a page that had its own name changed to our address is told by that name", () => {
  const check = new HostCheck({ own, listed: [] });
  for (const host of ours) assert.equal(check.foreignName({ headers: { ...browser, host } }), undefined, host);
  const traits: readonly Headers[] = [
    browser,
    { origin: "http://evil.example" },
    { origin: "null" },
    { referer: "http://evil.example/" },
    { "sec-fetch-site": "same-origin" },
    { "accept-language": "de,en;q=0.5" },
  ];
  for (const host of [...foreign, "a@127.0.0.1", "exa mple.org"]) {
    for (const trait of traits) {
      assert.equal(check.foreignName({ headers: { ...trait, host } }), host, `${host} ${JSON.stringify(trait)}`);
    }
  }
});

test("T24: programs may call an agent anything, unless its names are listed", () => {
  const programs: readonly Headers[] = [
    {},
    { "user-agent": "Go-http-client/1.1" },
    { "user-agent": "curl/8.5.0", accept: "*/*" },
    { "user-agent": "node", "accept-language": "*", "sec-fetch-mode": "cors" },
  ];
  const [open, listed] = [new HostCheck({ own, listed: [] }), new HostCheck({ own, listed: ["api.example"] })];
  for (const program of programs) {
    for (const host of [...ours, ...foreign])
      assert.equal(open.foreignName({ headers: { ...program, host } }), undefined);
    for (const host of [...ours, "api.example", "API.example:443"]) {
      assert.equal(listed.foreignName({ headers: { ...program, host } }), undefined, host);
    }
    for (const host of foreign) assert.equal(listed.foreignName({ headers: { ...program, host } }), host);
    assert.equal(listed.foreignName({ headers: program }), undefined, "HTTP 1.0 has no Host");
  }
});

test("T24: nothing is told or changed under a foreign name, and the refusal says what an operator may do", async () => {
  const { ask, servers, log } = await httpWorld({ hosts: { own, listed: [] } });
  for (const [method, target] of [
    ["GET", "/v1/jobs"],
    ["PUT", "/v1/system/gc"],
    ["DELETE", "/v1/job/web"],
    ["GET", "/v1/agent/self"],
  ] as const) {
    const host = "evil.example:4646";
    const answer = await ask(target, { method, headers: { ...browser, host, origin: `http://${host}` } });
    assert.equal(answer.status, 403);
    assert.match(answer.text, /not known as "evil.example:4646"; .* list it in http_hosts$/);
  }
  assert.deepEqual(servers.questions, []);
  assert.ok(log.lines.some((line) => line.includes("list it in http_hosts")));
});
