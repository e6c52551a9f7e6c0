/**
 * How often a test does what it does: a little on every change, and the whole figure that docs/reliability.md promises
 * where `NOMAD_TEST_SCALE=release` is set (`npm run test:release`).
 */
export function scaled(counts: { readonly merge: number; readonly release: number }): number {
  return process.env.NOMAD_TEST_SCALE === "release" ? counts.release : counts.merge;
}
