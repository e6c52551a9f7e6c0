import { clientCommand, jsonFlag, templateFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { schedulerConfigurationShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { pointer } from "../format/shape.ts";
import { keyValues } from "../format/table.ts";
import { knownConfiguration } from "../known-configuration.ts";
import { showData } from "../show-data.ts";

/** `nomad operator scheduler get-config` */
export const command = clientCommand({
  usage: "[options]",
  about: "Shows how the schedulers of the region work.",
  optionsTitle: "Scheduler Get Config Options",
  flags: { json: jsonFlag, t: templateFlag },
  run: async (session) => {
    const { nomad, flags, args, say, fail, misused } = session;
    if (args.length > 0) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail(`Error getting formatter: ${choice.error}`);
    const { value } = await answered("Error querying scheduler configuration", nomad.operator.schedulerConfiguration());
    const configuration = knownConfiguration(value.SchedulerConfig);
    if (choice.format !== undefined) {
      return showData(session, configuration, pointer(schedulerConfigurationShape), choice.format);
    }
    const { PreemptionConfig: preemption } = configuration;
    say(
      keyValues([
        ["Scheduler Algorithm", configuration.SchedulerAlgorithm],
        ["Memory Oversubscription", String(configuration.MemoryOversubscriptionEnabled)],
        ["Reject Job Registration", String(configuration.RejectJobRegistration)],
        ["Preemption System Scheduler", String(preemption.SystemSchedulerEnabled)],
        ["Preemption Service Scheduler", String(preemption.ServiceSchedulerEnabled)],
        ["Preemption Batch Scheduler", String(preemption.BatchSchedulerEnabled)],
        ["Preemption SysBatch Scheduler", String(preemption.SysBatchSchedulerEnabled)],
        ["Modify Index", String(configuration.ModifyIndex)],
      ]),
    );
    return 0;
  },
});
