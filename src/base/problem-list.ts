/** Several problems as the one text that Nomad prints; a problem may be such a text itself. */
export function problemList(problems: readonly string[]): string {
  return `${problems.length} error(s) occurred:\n\n${problems.map((problem) => `* ${problem}`).join("\n")}`;
}
