import { parseGoInteger } from "../../api/index.ts";
import { parseGoBoolean, textFlag } from "../../base/index.ts";
import type { SchedulerConfiguration } from "../../model/index.ts";
import { clientCommand, described } from "../command.ts";
import { answered } from "../command-failed.ts";
import { knownConfiguration } from "../known-configuration.ts";

const preemption = (jobs: string) =>
  described(textFlag(), `Whether jobs of less priority may be stopped for ${jobs} jobs.`, "<true|false>");

const switches = {
  "memory-oversubscription": described(
    textFlag(),
    `Whether tasks may use more memory than is set aside for them, up to the
    "memory_max" of their job files.`,
    "<true|false>",
  ),
  "reject-job-registration": described(textFlag(), "Whether registrations of jobs are refused.", "<true|false>"),
  "preempt-batch-scheduler": preemption("batch"),
  "preempt-service-scheduler": preemption("service"),
  "preempt-sysbatch-scheduler": preemption("sysbatch"),
  "preempt-system-scheduler": preemption("system"),
};

type Switch = keyof typeof switches;

/** `nomad operator scheduler set-config` */
export const command = clientCommand({
  usage: "[options]",
  about: "Changes how the schedulers of the region work. What no option names stays as it is.",
  optionsTitle: "Scheduler Set Config Options",
  flags: {
    "check-index": described(
      textFlag(),
      `Change it only if it was last changed at this index, as "get-config" shows
    it; 0 if never.`,
      "<index>",
    ),
    "scheduler-algorithm": described(
      textFlag(),
      `Which nodes are filled first: "binpack" takes the fullest with room, "spread"
    the emptiest.`,
      "<binpack|spread>",
    ),
    ...switches,
  },
  run: async ({ nomad, flags, args, say, fail, misused }) => {
    if (args.length > 0) return misused();
    const given = switchesIn(flags);
    if (typeof given === "string") return fail(given);
    const index = indexIn(flags["check-index"]);
    if (typeof index === "string") return fail(index);
    const { value } = await answered("Error querying scheduler configuration", nomad.operator.schedulerConfiguration());
    const present = knownConfiguration(value.SchedulerConfig);
    const changed = withSwitches(
      { ...present, SchedulerAlgorithm: flags["scheduler-algorithm"] || present.SchedulerAlgorithm },
      given,
    );
    const { value: outcome } = await answered(
      "Error setting scheduler configuration",
      nomad.operator.setSchedulerConfiguration(changed, { cas: index ?? present.ModifyIndex }),
    );
    if (!outcome.Updated) {
      return fail(
        "Scheduler configuration could not be atomically updated: it was changed meanwhile, please try again",
      );
    }
    say("Scheduler configuration updated!");
    return 0;
  },
});

/** The switches that were given, or what is wrong with one. */
function switchesIn(flags: Readonly<Record<Switch, string>>): ReadonlyMap<Switch, boolean> | string {
  const given = new Map<Switch, boolean>();
  for (const name of Object.keys(switches) as Switch[]) {
    if (flags[name] === "") continue;
    const value = parseGoBoolean(flags[name]);
    if (value === undefined) return `Error parsing -${name}: ${JSON.stringify(flags[name])} is neither true nor false`;
    given.set(name, value);
  }
  return given;
}

function indexIn(text: string): number | undefined | string {
  if (text === "") return undefined;
  try {
    return parseGoInteger(text);
  } catch (error) {
    return `Error parsing check-index value ${JSON.stringify(text)}: ${(error as Error).message}`;
  }
}

function withSwitches(
  configuration: SchedulerConfiguration,
  given: ReadonlyMap<Switch, boolean>,
): SchedulerConfiguration {
  const { PreemptionConfig: preempting } = configuration;
  const chosen = (name: Switch, present: boolean) => given.get(name) ?? present;
  return {
    ...configuration,
    MemoryOversubscriptionEnabled: chosen("memory-oversubscription", configuration.MemoryOversubscriptionEnabled),
    RejectJobRegistration: chosen("reject-job-registration", configuration.RejectJobRegistration),
    PreemptionConfig: {
      SystemSchedulerEnabled: chosen("preempt-system-scheduler", preempting.SystemSchedulerEnabled),
      SysBatchSchedulerEnabled: chosen("preempt-sysbatch-scheduler", preempting.SysBatchSchedulerEnabled),
      BatchSchedulerEnabled: chosen("preempt-batch-scheduler", preempting.BatchSchedulerEnabled),
      ServiceSchedulerEnabled: chosen("preempt-service-scheduler", preempting.ServiceSchedulerEnabled),
    },
  };
}
