import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import { zoneFromFile } from "./time-zone.ts";
import { nanosecondsOf, timestamp, utc, wholeSeconds } from "./times.ts";

const summerBegins = 1_774_746_000;
const winterBegins = 1_792_890_000;

/** A zone file of two kinds of time and one change to each, in the layout of version 2. */
function zoneFile(): Uint8Array {
  const names = Buffer.from("CET\0CEST\0");
  const header = (transitions: number, types: number, characters: number): Buffer => {
    const bytes = Buffer.alloc(44);
    bytes.write("TZif2");
    for (const [at, count] of [0, 0, 0, transitions, types, characters].entries())
      bytes.writeUInt32BE(count, 20 + at * 4);
    return bytes;
  };
  const first = Buffer.concat([header(0, 1, 1), Buffer.alloc(6), Buffer.alloc(1)]);
  const times = Buffer.alloc(16);
  times.writeBigInt64BE(BigInt(summerBegins), 0);
  times.writeBigInt64BE(BigInt(winterBegins), 8);
  const type = (offset: number, name: number): Buffer => {
    const bytes = Buffer.alloc(6);
    bytes.writeInt32BE(offset);
    bytes[5] = name;
    return bytes;
  };
  return Buffer.concat([
    first,
    header(2, 2, names.length),
    times,
    Buffer.from([1, 0]),
    type(3600, 0),
    type(7200, 4),
    names,
  ]);
}

const berlin = (at: number): number => (at >= summerBegins && at < winterBegins ? 7200 : 3600);

test("a moment is shown in the given zone", () => {
  assert.equal(timestamp(1_795_338_184_123_456_000, utc), "11/22/26 09:03:04 UTC");
  const zone = zoneFromFile(zoneFile(), berlin)!;
  assert.equal(timestamp(1_795_338_184e9, zone), "11/22/26 10:03:04 CET");
  assert.equal(timestamp(1_780_000_000e9, zone), "05/28/26 22:26:40 CEST");
});

test("a moment after the last change takes the newest name of its offset", () => {
  const zone = zoneFromFile(zoneFile(), () => 7200)!;
  assert.deepEqual(zone(winterBegins + 1), { offsetSeconds: 7200, abbreviation: "CEST" });
  assert.deepEqual(zoneFromFile(zoneFile(), () => -12_600)!(0), { offsetSeconds: -12_600, abbreviation: "-0330" });
});

test("what is no zone file, or only the beginning of one, names no zone", () => {
  const whole = zoneFile();
  for (let length = 0; length < whole.length; length++) {
    assert.equal(zoneFromFile(whole.subarray(0, length), berlin), undefined, String(length));
  }
  assert.equal(
    zoneFromFile(Buffer.from("nothing of the kind, but long enough to be one at first sight"), berlin),
    undefined,
  );
});

test("Go's zero time is no time", () => {
  assert.equal(nanosecondsOf("0001-01-01T00:00:00Z"), undefined);
  assert.equal(nanosecondsOf(null), undefined);
  assert.equal(nanosecondsOf("never"), undefined);
  assert.equal(nanosecondsOf("2027-01-01T00:00:00Z"), 1_798_761_600e9);
});

test("a duration can be told in whole seconds", () => {
  assert.equal(wholeSeconds(seconds(3_418_802.9)), "949h40m2s");
});
