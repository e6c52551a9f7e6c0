import { DriverStartError } from "./driver.ts";

/** Formats of images that can be told to hold all that they are made of. */
export type ImageFormat = "raw" | "qcow" | "qcow2" | "vdi" | "vpc" | "vhdx";

/** So much of an image's beginning tells what it is. */
export const imageHeadBytes = 512;

const backingFileAt = 8;
const incompatibleFeaturesAt = 72;
const externalDataFile = 0b100n;

/** Formats whose images can name other files in ways that are not looked at here. */
const refused: readonly (readonly [name: string, magic: string])[] = [
  ["vmdk", "KDMV"],
  ["vmdk", "COWD"],
  ["vmdk", "# Disk DescriptorFile"],
  ["qed", "QED\0"],
  ["parallels", "WithoutFreeSpace"],
  ["parallels", "WithouFreSpacExt"],
];

/**
 * The format of an image by its first bytes. Throws `DriverStartError` for one that is made of other files too: QEMU would
 * open whatever file of the host it names. Source: QEMU's description of qcow2.
 */
export function imageFormat(head: Uint8Array): ImageFormat {
  const bytes = Buffer.from(head);
  const begins = (magic: string) => bytes.subarray(0, magic.length).equals(Buffer.from(magic, "latin1"));
  const other = refused.find(([, magic]) => begins(magic));
  if (other !== undefined) throw new DriverStartError(`images of the format ${other[0]} are not run`);
  if (begins("QFI\xfb")) return qcowFormat(bytes);
  if (begins("vhdxfile")) return "vhdx";
  if (begins("conectix")) return "vpc";
  return bytes.length >= 68 && bytes.readUInt32LE(64) === 0xbeda107f ? "vdi" : "raw";
}

function qcowFormat(head: Buffer): ImageFormat {
  if (head.length < incompatibleFeaturesAt + 8) throw new DriverStartError("the image is cut short");
  const version = head.readUInt32BE(4);
  const features = version >= 3 ? head.readBigUInt64BE(incompatibleFeaturesAt) : 0n;
  if (head.readBigUInt64BE(backingFileAt) !== 0n || (features & externalDataFile) !== 0n) {
    throw new DriverStartError("the image is based on another file; make one of the two with qemu-img convert");
  }
  return version === 1 ? "qcow" : "qcow2";
}
