import type { SchedulerConfiguration } from "../../model/index.ts";
import { command, done, refused } from "../command.ts";
import { schedulerConfigurationIn } from "../tables/scheduler-configurations.ts";

/** How schedulers are to work. With `Check`, only if the configuration was last changed at that index; 0 if never. */
export interface SchedulerConfigureRequest {
  readonly Config: SchedulerConfiguration;
  readonly Check: number | null;
}

export const schedulerConfigure = command<SchedulerConfigureRequest>({
  number: 13,
  name: "scheduler configure",
  apply(write, { Config, Check }) {
    const { CreateIndex, ModifyIndex } = schedulerConfigurationIn(write);
    if (Check !== null && Check !== ModifyIndex) {
      return refused(`the scheduler configuration was changed at index ${ModifyIndex}, not ${Check}`);
    }
    write.put("schedulerConfigurations", {
      ...Config,
      CreateIndex: CreateIndex || write.index,
      ModifyIndex: write.index,
    });
    return done;
  },
});
