import { unreachable } from "../base/index.ts";

/** The types of keys, by the names that messages give them. */
type FieldType = "string" | "integer" | "boolean" | "array";

interface ConfigField {
  readonly type: FieldType;
  readonly isRequired?: true;
}
type ConfigTable = Readonly<Record<string, ConfigField>>;

const string: ConfigField = { type: "string" };
const integer: ConfigField = { type: "integer" };
const boolean: ConfigField = { type: "boolean" };
const array: ConfigField = { type: "array" };
const requiredString: ConfigField = { type: "string", isRequired: true };

const command: ConfigTable = { command: requiredString, args: array };

/** What may stand in a task's `config`, by driver. Blocks inside are lists of maps. Source: Nomad 0.4.1. */
const driverConfigs: ReadonlyMap<string, ConfigTable> = new Map<string, ConfigTable>([
  ["raw_exec", command],
  ["exec", command],
  ["java", { jar_path: requiredString, jvm_options: array, args: array }],
  [
    "qemu",
    { image_path: requiredString, accelerator: string, port_map: array, args: array, graceful_shutdown: boolean },
  ],
  [
    "rkt",
    {
      image: requiredString,
      command: string,
      args: array,
      trust_prefix: string,
      dns_servers: array,
      dns_search_domains: array,
      debug: boolean,
    },
  ],
  [
    "docker",
    {
      image: requiredString,
      load: array,
      command: string,
      args: array,
      ipc_mode: string,
      network_mode: string,
      pid_mode: string,
      uts_mode: string,
      port_map: array,
      privileged: boolean,
      dns_servers: array,
      dns_search_domains: array,
      hostname: string,
      labels: array,
      auth: array,
      ssl: boolean,
      tty: boolean,
      interactive: boolean,
      shm_size: integer,
      work_dir: string,
      volumes: array,
    },
  ],
]);

/** Drivers that read what they know from their config and ignore the rest. */
const openDrivers: ReadonlySet<string> = new Set(["mock"]);

/** True if there is a driver of that name, whether or not any node has it. */
export function isKnownDriver(name: string): boolean {
  return driverConfigs.has(name) || openDrivers.has(name);
}

/**
 * What is wrong with a task's config for its driver, in Nomad's words; `[]` for a driver that is not known.
 * Strings may be written as numbers or booleans, everything else must have its type.
 */
export function driverConfigProblems(driver: string, config: Readonly<Record<string, unknown>>): string[] {
  const table = driverConfigs.get(driver);
  if (table === undefined) return [];
  const missing = Object.entries(table)
    .filter(([key, field]) => field.isRequired && config[key] === undefined)
    .map(([key]) => `field "${key}" is required`);
  const unfit = Object.entries(config).flatMap(([key, value]) => {
    const field = Object.hasOwn(table, key) ? table[key] : undefined;
    if (field === undefined) return [`${JSON.stringify(key)} is an invalid field`];
    return fieldProblems(key, value, field);
  });
  return [...missing, ...unfit];
}

function fieldProblems(key: string, value: unknown, { type, isRequired }: ConfigField): string[] {
  if (!hasType(value, type)) {
    return [`field "${key}" with input ${JSON.stringify(value)} doesn't seem to be of type ${type}`];
  }
  return isRequired && value === "" ? [`field "${key}" is required, but no value was found`] : [];
}

function hasType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case "string":
      return ["string", "number", "boolean"].includes(typeof value);
    case "integer":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value);
    default:
      return unreachable(type);
  }
}
