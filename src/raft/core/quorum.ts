/** How many of `voters` make a majority: any two majorities share a server. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** The highest value that a majority has reached; one value for each voter. */
export function reachedByMajority(values: readonly number[]): number {
  const falling = values.toSorted((a, b) => b - a);
  return falling[majorityOf(values.length) - 1]!;
}
