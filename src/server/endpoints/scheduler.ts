import { getSchedulerConfiguration, RpcError, setSchedulerConfiguration } from "../../api/index.ts";
import { completeSchedulerConfiguration, schedulerConfigurationProblem } from "../../model/index.ts";
import { schedulerConfigurationIn, schedulerConfigure } from "../../state/index.ts";
import { type Endpoint, endpoint, readEndpoint, type ServerContext } from "../endpoint.ts";
import { CommandRefused } from "../replicated-state.ts";

/** What operators ask about the schedulers, and how they change their ways. */
export function schedulerEndpoints(context: ServerContext): readonly Endpoint[] {
  const { state } = context;
  return [
    readEndpoint(context, getSchedulerConfiguration, (view) => {
      const SchedulerConfig = schedulerConfigurationIn(view);
      return { result: { SchedulerConfig }, index: Math.max(1, view.schedulerConfigurations.lastIndex) };
    }),
    endpoint(setSchedulerConfiguration, async ({ request: { Config, CAS } }) => {
      if (Config === null) throw new RpcError("Scheduler configuration must be specified", { code: 400 });
      const problem = schedulerConfigurationProblem(Config);
      if (problem !== undefined) throw new RpcError(problem, { code: 400 });
      const request = { Config: completeSchedulerConfiguration(Config), Check: CAS ? Config.ModifyIndex : null };
      try {
        const { index } = await state.propose(schedulerConfigure, request);
        return { reply: { Updated: true }, index };
      } catch (error) {
        if (!(error instanceof CommandRefused)) throw error;
        return { reply: { Updated: false }, index: schedulerConfigurationIn(state.view()).ModifyIndex };
      }
    }),
  ];
}
