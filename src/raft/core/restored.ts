import type { DurableState } from "./effects.ts";
import type { LogPlace } from "./snapshot.ts";
import { LOG_START } from "./snapshot.ts";

/**
 * What a server remembers, given its newest snapshot: where a crash came between the two, the snapshot was on disk first
 * and the log may be that of before. A log that has the snapshot's last entry goes on; one that does not has nothing
 * after it that is worth keeping, since the snapshot came from a leader.
 */
export function continuing(disk: DurableState, snapshot: LogPlace | undefined): DurableState {
  if (snapshot === undefined) return disk;
  const base = disk.base ?? LOG_START;
  const at = snapshot.index === base.index ? base : disk.entries[snapshot.index - base.index - 1];
  if (snapshot.index < base.index || at?.term === snapshot.term) return disk;
  return { ballot: disk.ballot, base: { index: snapshot.index, term: snapshot.term }, entries: [] };
}
