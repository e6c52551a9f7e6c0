/** What the operator tells drivers in the agent's configuration. */
export interface DriverSettings {
  /** The client's options: `driver.qemu.args_allowlist` … */
  readonly options: Readonly<Record<string, string>>;
  /** Paths of the host that isolated tasks see, each with its path inside; empty means a choice of our own. */
  readonly chrootEnv: Readonly<Record<string, string>>;
}

export const defaultDriverSettings: DriverSettings = { options: {}, chrootEnv: {} };

/** A comma separated option: items are trimmed, empty ones dropped. */
export function listOption({ options }: DriverSettings, name: string): readonly string[] {
  const items = (options[name] ?? "").split(",").map((item) => item.trim());
  return items.filter((item) => item !== "");
}
