import assert from "node:assert/strict";
import { test } from "node:test";
import { imageReference } from "./image-reference.ts";

const digest = `sha256:${"a".repeat(64)}`;
const known: readonly (readonly [string, string, string])[] = [
  ["redis", "redis", "latest"],
  ["redis:3.2", "redis", "3.2"],
  ["library/redis:3.2", "library/redis", "3.2"],
  ["localhost:5000/team/app", "localhost:5000/team/app", "latest"],
  ["registry.example.com:5000/team/app:v1", "registry.example.com:5000/team/app", "v1"],
  [`redis@${digest}`, "redis", digest],
  [`redis:3.2@${digest}`, "redis", digest],
];
for (const [image, repository, tag] of known) {
  test(`${image} is ${tag} of ${repository}`, () => {
    assert.partialDeepStrictEqual(imageReference(image), { repository, tag });
  });
}

test("T37: what is no image name goes into no request", () => {
  for (const image of [
    "",
    "../containers",
    "a/../b",
    "a/./b",
    "a b",
    "a?b",
    "a#b",
    "a/",
    "/a",
    "a:b:c",
    "a@sha256:1",
    "é",
    "a:",
  ]) {
    assert.throws(() => imageReference(image), { name: "DriverStartError" }, image);
  }
});
