import type { ExplainedGroup, Job } from "../../model/index.ts";

type Counts = Pick<ExplainedGroup, "Wanted" | "Running" | "Starting" | "Ended" | "Placeable" | "Unplaced">;

/** How a job is, in one line. */
export function headline(job: Job, groups: readonly Counts[]): string {
  const name = `Job "${job.ID}" (${job.Type})`;
  if (job.Stop) return `${name} is stopped`;
  if (job.Periodic !== null) return `${name} launches others by the clock and runs nothing itself`;
  const [wanted, running, ended] = [total(groups, "Wanted"), total(groups, "Running"), total(groups, "Ended")];
  if (wanted === 0) return job.Type === "system" ? `${name} has no node to run on` : `${name} wants no allocation`;
  if (ended === wanted) return `${name} is done: ${all(wanted)} ran to the end`;
  if (running + ended === wanted) return `${name} runs as it should: ${parts(groups)}`;
  return `${name} does not run as it should: ${parts(groups)}`;
}

function all(count: number): string {
  return count === 1 ? "its allocation" : `all ${count} allocations`;
}

/** `1 of 3 runs, 2 have no place` */
function parts(groups: readonly Counts[]): string {
  const [ended, starting, placeable, unplaced] = [
    total(groups, "Ended"),
    total(groups, "Starting"),
    total(groups, "Placeable"),
    total(groups, "Unplaced"),
  ];
  const running = total(groups, "Running");
  return [
    `${running} of ${total(groups, "Wanted")} ${running === 1 ? "runs" : "run"}`,
    ...(ended === 0 ? [] : [`${ended} ${ended === 1 ? "has" : "have"} ended`]),
    ...(starting === 0 ? [] : [`${starting} ${starting === 1 ? "is" : "are"} starting`]),
    ...(placeable === 0 ? [] : [`${placeable} can be placed now`]),
    ...(unplaced === 0 ? [] : [`${unplaced} ${unplaced === 1 ? "has" : "have"} no place`]),
  ].join(", ");
}

function total(groups: readonly Counts[], of: keyof Counts): number {
  return groups.reduce((sum, group) => sum + group[of], 0);
}
