import assert from "node:assert/strict";
import { test } from "node:test";
import { PullProgress } from "./pull-progress.ts";

const downloading = (id: string, current: number, total: number) => ({
  id,
  status: "Downloading",
  progressDetail: { current: current * 2 ** 20, total: total * 2 ** 20 },
});

test("nothing is known until a layer is told of", () => {
  const progress = new PullProgress();
  progress.hear({ id: "1.2", status: "Pulling from team/app" });
  progress.hear({ status: "Digest: sha256:0" });
  assert.equal(progress.describe(), undefined);
});

test("layers are counted when they are there, their bytes as they come", () => {
  const progress = new PullProgress();
  progress.hear({ id: "a", status: "Already exists" });
  progress.hear({ id: "b", status: "Pulling fs layer" });
  progress.hear(downloading("b", 1, 4));
  progress.hear({ id: "c", status: "Waiting" });
  assert.equal(progress.describe(), "Pulled 1/3 (1.0MiB/4.0MiB) layers");
  progress.hear({ id: "b", status: "Download complete" });
  assert.equal(progress.describe(), "Pulled 1/3 (4.0MiB/4.0MiB) layers");
});

for (const status of ["Verifying Checksum", "Extracting", "Pull complete"]) {
  test(`a layer is whole at "${status}" though an engine in haste has not said that its download is complete`, () => {
    const progress = new PullProgress();
    progress.hear(downloading("a", 1, 2));
    progress.hear({ id: "a", status, progressDetail: { current: 1, total: 2 } });
    assert.match(progress.describe() ?? "", /\(2\.0MiB\/2\.0MiB\)/);
  });
}

test("a download that is tried again keeps what it had until more is told", () => {
  const progress = new PullProgress();
  progress.hear(downloading("a", 1, 2));
  progress.hear({ id: "a", status: "Retrying in 5 seconds" });
  assert.equal(progress.describe(), "Pulled 0/1 (1.0MiB/2.0MiB) layers");
});
