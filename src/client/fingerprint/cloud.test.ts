import assert from "node:assert";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import type { Connection } from "../../runtime/index.ts";
import { someConfig } from "../testing/client-config.ts";
import { type FakeRuntime, fakeRuntime } from "../testing/fake-runtime.ts";
import { awsFingerprint } from "./env-aws.ts";
import { gceFingerprint } from "./env-gce.ts";
import type { FingerprintContext } from "./fingerprint.ts";

/** A runtime whose network answers HTTP requests by their path; undefined never answers. */
function withService(answer: (path: string, request: string) => string | undefined): FakeRuntime {
  const runtime = fakeRuntime();
  const connect = async (): Promise<Connection> => {
    const asked = Promise.withResolvers<string>();
    const closed = Promise.withResolvers<void>();
    const incoming = async function* () {
      const request = await asked.promise;
      const text = answer(request.split(" ")[1] ?? "", request);
      if (text === undefined) await closed.promise;
      else yield Buffer.from(text);
    };
    return {
      remoteAddress: "169.254.169.254:80",
      incoming: incoming(),
      write: async (bytes) => asked.resolve(Buffer.from(bytes).toString()),
      close: () => closed.resolve(),
    };
  };
  return { ...runtime, network: { ...runtime.network, connect } };
}

function context(runtime: FakeRuntime): FingerprintContext {
  const signal = new AbortController().signal;
  return { config: someConfig(), runtime, log: runtime.log, allocationDirectory: "/", signal };
}

test("a machine at Amazon is known by its metadata", async () => {
  const values: Record<string, string> = {
    "ami-id": "ami-7",
    "instance-id": "i-7",
    "placement/availability-zone": "us-1a",
  };
  const runtime = withService((path) => {
    const value = values[path.replace("/latest/meta-data/", "")];
    return value === undefined ? "HTTP/1.0 404 Not Found\r\n\r\n" : `HTTP/1.0 200 OK\r\n\r\n${value}`;
  });
  const facts = await awsFingerprint.detect(context(runtime));
  assert.deepEqual(facts?.attributes, {
    "unique.platform.aws.ami-id": "ami-7",
    "unique.platform.aws.instance-id": "i-7",
    "platform.aws.placement.availability-zone": "us-1a",
  });
  assert.deepEqual(facts?.links, { "aws.ec2": "us-1a.i-7" });
});

test("a machine at Google is asked with the header that its service wants", async () => {
  const runtime = withService((path, request) => {
    if (!request.includes("Metadata-Flavor: Google")) return "HTTP/1.0 403 Forbidden\r\n\r\n";
    if (path.endsWith("/tags?alt=json")) return 'HTTP/1.0 200 OK\r\n\r\n["web"]';
    if (path.endsWith("/machine-type")) return "HTTP/1.0 200 OK\r\n\r\nprojects/1/machineTypes/n1-standard-1";
    return "HTTP/1.0 404 Not Found\r\n\r\n";
  });
  const facts = await gceFingerprint.detect(context(runtime));
  assert.deepEqual(facts?.attributes, { "platform.gce.machine-type": "n1-standard-1", "platform.gce.tag.web": "true" });
});

test("a metadata service that does not answer is given up after two seconds, and it is said", async () => {
  const runtime = withService(() => undefined);
  const detecting = [awsFingerprint.detect(context(runtime)), gceFingerprint.detect(context(runtime))];
  await runtime.clock.advance(seconds(2));
  assert.deepEqual(await Promise.all(detecting), [undefined, undefined]);
  assert.equal(runtime.clock.waiting, 0);
  assert.deepEqual(runtime.logged.toSorted(), [
    "[DEBUG] fingerprint.env_aws: Error querying AWS Metadata URL, skipping",
    '[DEBUG] fingerprint.env_gce: Could not read value for attribute "machine-type"',
    "[DEBUG] fingerprint.env_gce: Error querying GCE Metadata URL, skipping",
  ]);
});
