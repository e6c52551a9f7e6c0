import type { TableDeclaration } from "../table.ts";
import { jobKey, type PeriodicLaunch } from "../view.ts";

/** When each periodic job was last launched, by the job's key. */
export const periodicLaunches: TableDeclaration<PeriodicLaunch> = {
  key: (launch) => jobKey(launch.Namespace, launch.ID),
  indexes: {},
};
