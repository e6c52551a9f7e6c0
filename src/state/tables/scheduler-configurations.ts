import { defaultSchedulerConfiguration, type SchedulerConfiguration } from "../../model/index.ts";
import type { TableDeclaration } from "../table.ts";
import type { Tables } from "../view.ts";

const onlyKey = "scheduler";

/** The one configuration of the schedulers, once somebody has set it. */
export const schedulerConfigurations: TableDeclaration<SchedulerConfiguration> = { key: () => onlyKey, indexes: {} };

/** The configuration that holds. */
export function schedulerConfigurationIn(view: Pick<Tables, "schedulerConfigurations">): SchedulerConfiguration {
  return view.schedulerConfigurations.get(onlyKey) ?? defaultSchedulerConfiguration;
}
