/** How many of `voters` make a majority: any two majorities share a server. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** The highest value that a majority has reached; one value for each voter. */
export function reachedByMajority(values: readonly number[]): number {
  const majority = majorityOf(values.length);
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > highest && countReached(values, value) >= majority) highest = value;
  return highest;
}

function countReached(values: readonly number[], least: number): number {
  let count = 0;
  for (const value of values) if (value >= least) count++;
  return count;
}
