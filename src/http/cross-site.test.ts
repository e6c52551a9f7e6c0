import assert from "node:assert/strict";
import { test } from "node:test";
import { mayComeFromElsewhere } from "./cross-site.ts";

type Request = Parameters<typeof mayComeFromElsewhere>[0];

const asking = (headers: Readonly<Record<string, string | undefined>>) =>
  mayComeFromElsewhere({ method: "GET", headers: { host: "10.0.0.5:4646", ...headers } } as unknown as Request);

const browser = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0" };

test("programs are not taken for pages", () => {
  for (const headers of [{}, { "user-agent": "Go-http-client/1.1" }, { "user-agent": "curl/8.5.0", accept: "*/*" }])
    assert.equal(asking(headers), false, JSON.stringify(headers));
});

test("a browser must show that it was our own page or the user", () => {
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

test("what may be another site's page is told, also where the browser says little", () => {
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
