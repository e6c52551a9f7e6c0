import { instantOf, seconds } from "../../base/index.ts";
import type { Consul } from "../../consul/index.ts";
import { type Driver, mockDriver } from "../../drivers/index.ts";
import type { Allocation, TaskState } from "../../model/index.ts";
import { AllocationRunner } from "../allocation/allocation-runner.ts";
import type { ClientConfig } from "../config.ts";
import { LocalNode } from "../local-node.ts";
import { ClientState } from "../state/client-state.ts";
import { LeftRuns } from "../state/left-runs.ts";
import type { AllocationReport } from "../status-reports.ts";
import { someConfig } from "./client-config.ts";
import { type FakeRuntime, fakeRuntime } from "./fake-runtime.ts";

/** An allocation under a runner, with the mock driver, in a world without hardware. */
export interface RunAllocation {
  readonly runtime: FakeRuntime;
  readonly runner: AllocationRunner;
  readonly reports: readonly AllocationReport[];
  /** What was last reported. */
  state(): AllocationReport | undefined;
  /** A task's story so far, for instance `Received`, `Started`, `Terminated: Exit Code: 0`. */
  story(task?: string): readonly string[];
}

/** Starts an allocation, and lets all happen that happens at once. */
export async function runAllocation(
  allocation: Allocation,
  options: {
    readonly config?: Partial<ClientConfig>;
    readonly runtime?: FakeRuntime;
    readonly drivers?: readonly Driver<unknown>[];
    readonly consul?: Consul;
  } = {},
): Promise<RunAllocation> {
  const runtime = options.runtime ?? fakeRuntime();
  const config = someConfig(options.config);
  const drivers = options.drivers ?? [mockDriver(runtime)];
  const node = new LocalNode(config, allocation.NodeID);
  for (const { name } of drivers) {
    node.setDriver(name, { detected: true, healthy: true, description: "Healthy", attributes: {} }, instantOf(0));
  }
  await runtime.disk.makeDirectory("/allocations");
  const reports: AllocationReport[] = [];
  const runner = new AllocationRunner(
    {
      runtime,
      config,
      node: () => node.value,
      consul: options.consul,
      drivers: new Map(drivers.map((driver) => [driver.name, driver])),
      allDrivers: drivers,
      state: new ClientState(),
      leftRuns: new LeftRuns(),
      allocationDirectory: "/allocations",
      supervisionDirectory: "/state/supervision",
      report: (_, report) => reports.push(report),
    },
    allocation,
  );
  runner.run();
  await runtime.clock.advance(seconds(0));
  return {
    runtime,
    runner,
    reports,
    state: () => reports.at(-1),
    story: (task = "web") => storyOf(reports.at(-1)?.TaskStates[task]),
  };
}

function storyOf(state: TaskState | undefined): readonly string[] {
  return (state?.Events ?? []).map(({ Type, DisplayMessage }) => {
    return DisplayMessage.startsWith("Task ") && !DisplayMessage.startsWith("Task restarting")
      ? Type
      : `${Type}: ${DisplayMessage}`;
  });
}
