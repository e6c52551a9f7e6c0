import type * as z from "zod";
import { block, flag, struct, text, whole } from "../wire/index.ts";
import type { Job } from "./job.ts";

/** For which types of jobs others of less priority may be stopped to make room. */
const preemptionConfig = block({
  SystemSchedulerEnabled: flag,
  SysBatchSchedulerEnabled: flag,
  BatchSchedulerEnabled: flag,
  ServiceSchedulerEnabled: flag,
});

/** How schedulers go about their work in the whole cluster, as operators set it while servers run. */
export const schedulerConfiguration = struct({
  SchedulerAlgorithm: text,
  PreemptionConfig: preemptionConfig,
  MemoryOversubscriptionEnabled: flag,
  RejectJobRegistration: flag,
  PauseEvalBroker: flag,
  CreateIndex: whole,
  ModifyIndex: whole,
});
export type SchedulerConfiguration = z.infer<typeof schedulerConfiguration>;

/**
 * Which of two nodes with room is the better: the fuller (`binpack`), so that what is left empty stays in one piece, or
 * the emptier (`spread`).
 */
export const schedulerAlgorithms: readonly string[] = ["binpack", "spread"];

/** What holds until somebody says otherwise: as Nomad 0.4.1 goes about it. */
export const defaultSchedulerConfiguration: SchedulerConfiguration = Object.freeze({
  ...schedulerConfiguration.parse({}),
  SchedulerAlgorithm: "binpack",
});

/** The configuration with what it leaves to the servers filled in. */
export function completeSchedulerConfiguration(configuration: SchedulerConfiguration): SchedulerConfiguration {
  const SchedulerAlgorithm = configuration.SchedulerAlgorithm || defaultSchedulerConfiguration.SchedulerAlgorithm;
  return { ...configuration, SchedulerAlgorithm };
}

/** True if room may be made for jobs of this type by stopping less important ones. */
export function preemptionEnabled({ PreemptionConfig }: SchedulerConfiguration, type: Job["Type"]): boolean {
  switch (type) {
    case "system":
      return PreemptionConfig.SystemSchedulerEnabled;
    case "sysbatch":
      return PreemptionConfig.SysBatchSchedulerEnabled;
    case "batch":
      return PreemptionConfig.BatchSchedulerEnabled;
    case "service":
      return PreemptionConfig.ServiceSchedulerEnabled;
    default:
      return false;
  }
}

/** Why schedulers cannot work so; undefined if they can. */
export function schedulerConfigurationProblem(configuration: SchedulerConfiguration): string | undefined {
  const { SchedulerAlgorithm, PauseEvalBroker } = completeSchedulerConfiguration(configuration);
  if (!schedulerAlgorithms.includes(SchedulerAlgorithm)) {
    return `invalid scheduler algorithm: ${JSON.stringify(SchedulerAlgorithm)}; there are ${schedulerAlgorithms.join(" and ")}`;
  }
  return PauseEvalBroker ? "pausing the evaluation broker is not supported" : undefined;
}
