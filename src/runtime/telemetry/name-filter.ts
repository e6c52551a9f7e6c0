/** Which names are shown: `rules` are beginnings of names, after `+` for those that are and `-` for those that are not. */
export interface NameFilter {
  readonly rules: readonly string[];
  /** Of names to which no rule applies. */
  readonly otherwise: boolean;
}

/** Undefined when all names are shown. Of the rules that apply the longest counts, of two that are alike the one that hides. */
export function shownBy({ rules, otherwise }: NameFilter): ((name: string) => boolean) | undefined {
  if (rules.length === 0 && otherwise) return undefined;
  const inOrder = rules
    .map((rule) => ({ beginning: rule.slice(1), isShown: rule.startsWith("+") }))
    .sort((a, b) => b.beginning.length - a.beginning.length || Number(a.isShown) - Number(b.isShown));
  return (name) => inOrder.find(({ beginning }) => name.startsWith(beginning))?.isShown ?? otherwise;
}
