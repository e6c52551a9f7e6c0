import type { Runtime } from "../runtime/index.ts";
import type { Driver } from "./driver.ts";
import { ExecDriver } from "./exec.ts";
import { RawExecDriver } from "./raw-exec.ts";

/** The drivers an agent has, in the order in which it names them. A new driver is one line here. */
export function builtInDrivers(runtime: Runtime): readonly Driver<unknown>[] {
  return [new ExecDriver(runtime), new RawExecDriver(runtime)];
}
