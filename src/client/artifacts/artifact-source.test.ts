import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { archiveNamed } from "./archive-kind.ts";
import { ArtifactError } from "./artifact-error.ts";
import { artifactLimits } from "./artifact-limits.ts";
import { parseArtifact } from "./artifact-source.ts";
import { isLinkLocal } from "./web-address.ts";

const parse = (GetterSource: string, GetterOptions: Readonly<Record<string, string>> = {}, GetterMode = "") =>
  parseArtifact({ GetterSource, GetterOptions, GetterHeaders: {}, GetterMode });

test("sources that are short for others are what they are short for", () => {
  for (const [source, kind, url, part] of [
    ["https://a.org/x?y=1", "http", "https://a.org/x?y=1", ""],
    ["http://a.org/x.zip//inner/dir?y=1", "http", "http://a.org/x.zip?y=1", "inner/dir"],
    ["github.com/user/tool", "git", "https://github.com/user/tool.git", ""],
    ["github.com/user/tool.git/sub//more?ref=v1", "git", "https://github.com/user/tool.git", "sub/more"],
    ["git@github.com:user/tool.git", "git", "ssh://git@github.com/user/tool.git", ""],
    ["git::https://git.org/r.git?depth=3", "git", "https://git.org/r.git", ""],
    ["s3.amazonaws.com/bucket/key", "s3", "https://s3.amazonaws.com/bucket/key", ""],
    ["bucket.s3-eu-west-1.amazonaws.com/key", "s3", "https://bucket.s3-eu-west-1.amazonaws.com/key", ""],
    ["s3::https://minio.org/bucket/key", "s3", "https://minio.org/bucket/key", ""],
    ["/etc/motd", "file", "/etc/motd", ""],
    ["file:///etc/my%20file", "file", "/etc/my file", ""],
  ] as const) {
    const { source: found, subdirectory } = parse(source);
    const where = found.kind === "file" ? found.path : String(found.url);
    assert.deepEqual([found.kind, where, subdirectory], [kind, url, part], source);
  }
});

test("a URL without options reaches the server as it was written", () => {
  const { source } = parse("https://a.org/x?a=b+c%20d&e&f=%2f");
  assert.equal(source.kind === "http" && source.url.href, "https://a.org/x?a=b+c%20d&e&f=%2f");
});

test("an archive is known by the longest ending of its name", () => {
  for (const [file, name, base] of [
    ["a.tar.gz", "tar.gz", "a"],
    ["a.gz", "gz", "a"],
    ["atgz", "tgz", "a"],
    ["a.tar.xz", "tar.xz", "a"],
    ["guitar", undefined, undefined],
    ["a.tar", "tar", "a"],
    ["a.txt", undefined, undefined],
  ] as const) {
    const found = archiveNamed(file);
    assert.deepEqual([found?.name, found?.base], [name, base], file);
  }
});

test("whatever a source and its options are, they are read or refused as an artifact's", () => {
  const piece = fc.constantFrom(
    ..."git:: s3:: http:// file:// github.com/ a.org / // .. - ? & = % %2f %00 ref=-x \0 @ : ::1 [ ] x.zip \u202e".split(
      " ",
    ),
  );
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
  const options = fc.dictionary(fc.constantFrom("ref", "depth", "archive", "checksum", "filename", "__proto__"), text);
  fc.assert(
    fc.property(text, options, fc.constantFrom("", "any", "file", "dir", "x"), (source, given, mode) => {
      try {
        const wanted = parse(source, given, mode);
        if (wanted.source.kind === "git") assert.doesNotMatch(wanted.source.ref, /^-/);
        if (wanted.source.kind === "http") assert.match(wanted.source.url.protocol, /^https?:$/);
        assert.equal(wanted.subdirectory.split("/").includes(".."), false);
      } catch (error) {
        assert.ok(error instanceof ArtifactError, String(error));
      }
    }),
    { numRuns: 5000 },
  );
});

test("addresses of the link and of metadata services are known in all their spellings", () => {
  const inside = ["169.254.0.1", "169.254.169.254", "fe80::1", "febf::1", "fe80::1%eth0", "::ffff:169.254.169.254"];
  const more = ["::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "fd00:ec2::254", "100.100.100.200"];
  for (const address of [...inside, ...more]) assert.equal(isLinkLocal(address), true, address);
  for (const address of ["127.0.0.1", "10.0.0.1", "169.253.0.1", "fec0::1", "::1", "::ffff:10.0.0.1", "2001:db8::1"]) {
    assert.equal(isLinkLocal(address), false, address);
  }
});

test("the operator's limits are read with their units, and one that cannot be read is named", () => {
  const limits = artifactLimits({
    "artifact.http_max_size": "64MiB",
    "artifact.http_read_timeout": "90s",
    "artifact.decompression_file_count_limit": "10",
    "artifact.decompression_size_limit": "5000",
    "artifact.allow_file": "1",
  });
  assert.deepEqual(
    [limits.downloadBytes, limits.downloadTime, limits.unpackedEntries, limits.unpackedBytes, limits.allowFiles],
    [64 * 2 ** 20, 90e9, 10, 5000, true],
  );
  for (const [name, value] of [
    ["http_max_size", "much"],
    ["git_timeout", "-1s"],
    ["allow_link_local", "perhaps"],
  ] as const) {
    const message = `the client option "artifact.${name}" cannot be read: ${JSON.stringify(value)}`;
    assert.throws(() => artifactLimits({ [`artifact.${name}`]: value }), { message, isRecoverable: false });
  }
});
