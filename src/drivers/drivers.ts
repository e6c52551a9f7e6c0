import type { Runtime } from "../runtime/index.ts";
import { DockerDriver } from "./docker/docker-driver.ts";
import type { Driver } from "./driver.ts";
import { ExecDriver } from "./exec.ts";
import { JavaDriver } from "./java.ts";
import { QemuDriver } from "./qemu.ts";
import { RawExecDriver } from "./raw-exec.ts";
import { type DriverSettings, defaultDriverSettings } from "./settings.ts";

/** The drivers an agent has, in the order in which it names them. A new driver is one line here. */
export function builtInDrivers(
  runtime: Runtime,
  settings: DriverSettings = defaultDriverSettings,
): readonly Driver<unknown>[] {
  return [
    new DockerDriver(runtime, settings),
    new ExecDriver(runtime, settings),
    new JavaDriver(runtime, settings),
    new QemuDriver(runtime, settings),
    new RawExecDriver(runtime),
  ];
}
