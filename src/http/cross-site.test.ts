import assert from "node:assert/strict";
import { test } from "node:test";
import { isChangeFromElsewhere, mayComeFromElsewhere } from "./cross-site.ts";

type Request = Parameters<typeof mayComeFromElsewhere>[0];

const asking = (headers: Readonly<Record<string, string | undefined>>) =>
  mayComeFromElsewhere({ method: "GET", headers: { host: "10.0.0.5:4646", ...headers } } as unknown as Request);

const browser = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0" };

test("programs are not taken for pages", () => {
  for (const headers of [{}, { "user-agent": "Go-http-client/1.1" }, { "user-agent": "curl/8.5.0", accept: "*/*" }])
    assert.equal(asking(headers), false, JSON.stringify(headers));
});

test("T24: a browser must show that it was our own page or the user", () => {
  for (const headers of [
    { "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
    { referer: "http://10.0.0.5:4646/ui/" },
    { "sec-fetch-site": "same-origin", referer: "http://10.0.0.5:4646/", origin: "http://10.0.0.5:4646" },
    { host: "nomad.example:80", referer: "http://nomad.example/ui/" },
    { host: "NOMAD.example", referer: "https://nomad.example/" },
  ])
    assert.equal(asking({ ...browser, ...headers }), false, JSON.stringify(headers));
});

test("T24: what may be another site's page is told, also where the browser says little", () => {
  const image = { ...browser, accept: "image/avif,image/webp,*/*" };
  for (const headers of [
    {},
    { referer: "http://evil.example/page" },
    { referer: "http://10.0.0.5:8080/" },
    { referer: "about:blank" },
    { referer: "" },
    { origin: "null" },
    { origin: "http://evil.example" },
    { origin: "http://10.0.0.5:4646" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none", referer: "http://evil.example/" },
    { host: "", referer: "http://evil.example/" },
  ])
    assert.equal(asking({ ...image, ...headers }), true, JSON.stringify(headers));
  assert.equal(asking({ referer: "http://evil.example/" }), true, "whatever program it claims to be");
  assert.equal(asking({ "sec-fetch-site": "same-site" }), true);
});

test("T24: a change is held to one rule of where a page lies: the host that was asked, its usual port written out or not", () => {
  const changing = (headers: Readonly<Record<string, string | undefined>>) =>
    isChangeFromElsewhere({ method: "PUT", headers } as unknown as Request);
  const [host, origin] = ["nomad.example", "https://nomad.example"];
  for (const headers of [
    { host },
    { host, origin },
    { host: "nomad.example:443", origin },
    { host: "NOMAD.example", origin },
    { host: "10.0.0.5:4646", origin: "http://10.0.0.5:4646" },
    { host: "[::1]:4646", origin: "http://[::1]:4646" },
  ])
    assert.equal(changing(headers), false, JSON.stringify(headers));
  for (const headers of [
    { host, origin: "null" },
    { host, origin: "" },
    { host, origin: "nomad.example" },
    { host, origin: "https://nomad.example.evil.example" },
    { host, origin: "https://nomad.example:8443" },
    { host: "nomad.example:80", origin },
    { host, origin: "https://evil.example" },
    { host: "", origin },
    { origin },
    { host, origin, "sec-fetch-site": "cross-site" },
  ])
    assert.equal(changing(headers), true, JSON.stringify(headers));
});
