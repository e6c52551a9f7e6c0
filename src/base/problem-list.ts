/** Several problems as the one text that Nomad prints; a problem may be such a text itself. */
export function problemList(problems: readonly string[]): string {
  return `${problems.length} error(s) occurred:\n\n${problems.map((problem) => `* ${problem}`).join("\n")}`;
}

/** The problems of an inner part as one problem of the part around it; none if there are none. */
export function wrappedProblems(wrapper: string, problems: readonly string[]): string[] {
  return problems.length === 0 ? [] : [`${wrapper} ${problemList(problems)}`];
}
