const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** A size in bytes for people, in powers of 1024: `7 B`, `4.0 KiB`, `18 MiB`. Below ten units one decimal is shown. */
export function byteSize(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = Math.floor((bytes / 1024 ** power) * 10 + 0.5) / 10;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[power]}`;
}

/** A size that the agent gives in MiB. */
export function mebibytes(size: number): string {
  return byteSize(size * 1024 * 1024);
}

/** A share with two decimals: `13.13%`. */
export function percentage(share: number): string {
  return `${share.toFixed(2)}%`;
}

/** The first characters of an ID, by which people tell it; all of it when `whole`. */
export function shortID(id: string, { whole }: { readonly whole: boolean }): string {
  return whole ? id : id.slice(0, 8);
}
