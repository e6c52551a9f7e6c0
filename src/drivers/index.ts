export {
  type Driver,
  DriverStartError,
  type ExecOptions,
  type ExecResult,
  type ExitResult,
  type Fingerprint,
  isSuccess,
  type RunningTask,
  type TaskConfig,
  type TaskDirectories,
  type TaskHandle,
  type TaskLogEnds,
  type TaskOutput,
  type UsageMeter,
} from "./driver.ts";
export { builtInDrivers } from "./drivers.ts";
export { mockDriver } from "./mock.ts";
export type { DriverSettings } from "./settings.ts";
