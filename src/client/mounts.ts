/** A line of `/proc/self/mounts`. */
export interface Mount {
  readonly device: string;
  readonly path: string;
  readonly type: string;
}

/** The mounted file systems, in the order they were mounted. */
export function parseMounts(text: string): readonly Mount[] {
  return text.split("\n").flatMap((line) => {
    const [device, path, type] = line.split(" ").map(unescaped);
    return device === undefined || path === undefined || type === undefined ? [] : [{ device, path, type }];
  });
}

/** The mount that holds `path`: the deepest, and of equals the last, which hides the others. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const holding = mounts.filter((mount) => mount.path === "/" || `${path}/`.startsWith(`${mount.path}/`));
  return holding.reduce<Mount | undefined>(
    (deepest, mount) => (deepest !== undefined && deepest.path.length > mount.path.length ? deepest : mount),
    undefined,
  );
}

/** The kernel writes spaces, tabs, line ends and backslashes as octal numbers. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
