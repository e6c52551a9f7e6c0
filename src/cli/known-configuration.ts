import { defaultSchedulerConfiguration, type SchedulerConfiguration } from "../model/index.ts";

/** The configuration as an agent of any version sent it, with what older ones do not know of switched off. */
export function knownConfiguration(sent: Partial<SchedulerConfiguration> | null): SchedulerConfiguration {
  const usual = defaultSchedulerConfiguration;
  return {
    ...usual,
    ...sent,
    PreemptionConfig: { ...usual.PreemptionConfig, ...sent?.PreemptionConfig },
  };
}
