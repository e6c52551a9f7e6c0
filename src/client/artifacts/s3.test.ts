import assert from "node:assert";
import { createHash, createHmac } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import { instantOf } from "../../base/index.ts";
import type { HttpRequest, HttpResponse } from "../../runtime/index.ts";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { s3Headers } from "./request-headers.ts";
import { ArtifactWorld } from "./testing/artifact-world.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
let world: ArtifactWorld;

beforeEach(async () => {
  world = await ArtifactWorld.open(runtime);
});
afterEach(() => world.close());

const keys = { aws_access_key_id: "AKID", aws_access_key_secret: "secret/key+" };

/** The signature that S3 computes from what it received, by the rules of its fourth version. */
function expectedSignature({ method, target, headers }: HttpRequest, secret: string): string {
  const authorization = headers.authorization ?? "";
  const [, date = "", region = ""] = /Credential=[^/]+\/(\d{8})\/([^/]+)\/s3\/aws4_request/.exec(authorization) ?? [];
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? "";
  const [path = "", query = ""] = target.split("?");
  const canonical = [
    ...[method, path, query.split("&").sort().join("&")],
    ...signed.split(";").map((name) => `${name}:${headers[name]}`),
    ...["", signed, headers["x-amz-content-sha256"]],
  ].join("\n");
  const scope = `${date}/${region}/s3/aws4_request`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest].join("\n");
  const hmac = (key: string | Buffer, value: string) => createHmac("sha256", key).update(value).digest();
  const key = [date, region, "s3", "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return createHmac("sha256", key).update(toSign).digest("hex");
}

/** Gives what it has to those who sign with the right key. */
async function bucket(request: HttpRequest, response: HttpResponse): Promise<void> {
  const isRight = request.headers.authorization?.endsWith(
    `Signature=${expectedSignature(request, keys.aws_access_key_secret)}`,
  );
  response.begin(isRight ? 200 : 403, {});
  await response.end(isRight ? "object" : "denied");
}

test("an object of S3 is asked for with a signature that its server computes too", async () => {
  for (const [path, options] of [
    ["/bucket/key.txt", {}],
    ["/bucket/a%20b%2Bc/%C3%BC.txt", {}],
    ["/bucket/key.txt", { region: "eu-west-1", aws_access_token: "session", version: "3/x=" }],
  ] as const) {
    world.serve(path, bucket);
    await world.get({ GetterSource: `s3::http://${world.address}${path}`, GetterOptions: { ...keys, ...options } });
  }
  assert.equal((await world.found())["local/ü.txt"], "644 object");
  const { target, headers } = world.requests.at(-1) ?? assert.fail();
  assert.match(target, /^\/bucket\/key\.txt\?versionId=3%2Fx%3D$/);
  assert.match(
    headers.authorization ?? "",
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/s3\/aws4_request, SignedHeaders=host;/,
  );
  assert.equal(headers["x-amz-security-token"], "session");
});

test("an object of S3 is not given for a wrong key, and asked for without a signature where there is none", async () => {
  const GetterSource = `s3::${world.serve("/bucket/key", bucket)}`;
  const wrong = world.get({ GetterSource, GetterOptions: { ...keys, aws_access_key_secret: "other" } });
  await assert.rejects(wrong, { message: "bad response code: 403" });
  await assert.rejects(world.get({ GetterSource }), { message: "bad response code: 403" });
  assert.equal(world.requests.at(-1)?.headers.authorization, undefined);
  await world.get({ GetterSource: `s3::${world.serve("/public/key", "for all")}` });
  assert.equal((await world.found())["local/key"], "644 for all");
});

const nobody = { keyID: "", secretKey: "", token: "", region: "" };
const environment = { AWS_ACCESS_KEY_ID: "AGENT", AWS_SECRET_ACCESS_KEY: "s", AWS_SESSION_TOKEN: "t" };
const context = { environment, now: () => instantOf(1_700_000_000e9) };

test("T34: the agent's own keys are for Amazon's hosts over TLS, and for no other", async () => {
  const headersAt = async (address: string, first = address) =>
    s3Headers(new URL(first), nobody, context)(new URL(address));
  const own = await headersAt("https://bucket.s3.eu-central-1.amazonaws.com/key");
  assert.match(own.authorization ?? "", /Credential=AGENT\/20231114\/eu-central-1\/s3\/aws4_request/);
  assert.equal(own["x-amz-security-token"], "t");
  for (const address of [
    "http://s3.amazonaws.com/bucket/key",
    "https://s3.amazonaws.com.evil.org/bucket/key",
    "https://evilamazonaws.com/bucket/key",
    "https://minio.example.org/bucket/key",
  ]) {
    assert.deepEqual(await headersAt(address), {}, address);
    assert.deepEqual(await headersAt(address, "https://s3.amazonaws.com/bucket/key"), {}, `redirected to ${address}`);
  }
});

test("the region is that of the host's name", async () => {
  for (const [host, region] of [
    ["s3.amazonaws.com", "us-east-1"],
    ["s3-eu-west-1.amazonaws.com", "eu-west-1"],
    ["bucket.s3.dualstack.us-west-2.amazonaws.com", "us-west-2"],
    ["bucket.with.dots.s3.cn-north-1.amazonaws.com.cn", "cn-north-1"],
  ] as const) {
    const url = new URL(`https://${host}/key`);
    const { authorization = "" } = await s3Headers(url, nobody, context)(url);
    assert.match(authorization, new RegExp(`/${region}/s3/`), host);
  }
});
