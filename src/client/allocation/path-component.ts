/** The longest file name that Linux's file systems take, in bytes. */
const longestName = 255;

/**
 * Why `name` cannot be the name of a directory of its own below an allocation, or undefined if it can. Servers check
 * names too, but a client does not trust them for paths: `alloc` is the shared directory, `..` is not below.
 */
export function pathComponentProblem(name: string): string | undefined {
  if (name === "" || name === "." || name === "..") return `"${name}" is not a directory name`;
  if (name.toLowerCase() === "alloc") return `"${name}" is the name of the shared directory`;
  if (/[/\\\0]/.test(name)) return `${JSON.stringify(name)} holds a path separator or a null character`;
  if (Buffer.byteLength(name) > longestName) return `a name of ${Buffer.byteLength(name)} bytes is too long`;
  return undefined;
}
