import type { NetworkResource } from "../model/index.ts";
import { DriverStartError } from "./driver.ts";
import type { ImageFormat } from "./qemu-image.ts";

/** All that a virtual machine is made of. */
export interface VirtualMachine {
  /** Absolute, with links followed. */
  readonly image: string;
  /** Said, so that nothing in the image decides it. */
  readonly format: ImageFormat;
  /** Of the image, as the job has it. */
  readonly name: string;
  readonly memoryMB: number;
  readonly accelerator: string;
  readonly args: readonly string[];
  /** Ports of the guest by their labels. */
  readonly ports: Readonly<Record<string, number>>;
  readonly network: NetworkResource | undefined;
  /** Where QEMU is to listen for us, from its working directory; nowhere if undefined. */
  readonly monitor?: string;
}

/** The arguments of QEMU for one machine. Throws `DriverStartError` for a port that the task was not given. */
export function qemuArguments(machine: VirtualMachine): readonly string[] {
  const { image, format, name, memoryMB, accelerator, args, ports, network, monitor } = machine;
  if (!/^[a-z]+$/.test(accelerator)) throw new DriverStartError(`unknown accelerator ${JSON.stringify(accelerator)}`);
  return [
    ...["-machine", `type=pc,accel=${accelerator}`, "-name", oneValue(name), "-m", `${memoryMB}M`],
    ...["-drive", `file=${oneValue(image)},format=${format}`, "-nographic"],
    ...args,
    ...(network === undefined ? [] : networkArguments(ports, network)),
    ...(monitor === undefined ? [] : ["-qmp", `unix:${oneValue(monitor)},server=on,wait=off`]),
    ...(accelerator === "kvm" ? ["-enable-kvm", "-cpu", "host"] : []),
  ];
}

/** QEMU takes a comma for the end of a value unless it is doubled. */
function oneValue(text: string): string {
  return text.replaceAll(",", ",,");
}

function networkArguments(ports: Readonly<Record<string, number>>, network: NetworkResource): readonly string[] {
  const given = [...network.ReservedPorts, ...network.DynamicPorts];
  const forwards = Object.entries(ports).flatMap(([label, guestPort]) => {
    const port = given.find(({ Label }) => Label === label);
    if (port === undefined) throw new DriverStartError(`Unknown port label ${JSON.stringify(label)}`);
    return ["udp", "tcp"].map((protocol) => `hostfwd=${protocol}::${port.Value}-:${guestPort}`);
  });
  if (forwards.length === 0) return [];
  return ["-netdev", ["user,id=user.0", ...forwards].join(","), "-device", "virtio-net,netdev=user.0"];
}

/** Arguments that reach nothing outside the machine; what jobs may use unless the operator says otherwise. */
const harmless = [
  ...["-cpu", "-no-acpi", "-no-hpet", "-no-reboot", "-no-shutdown", "-nodefaults", "-rtc", "-smp", "-snapshot"],
  ...["-uuid", "-vga"],
];

/** Arguments that take no value: what comes after is no longer theirs. */
const withoutValue: ReadonlySet<string> = new Set([
  ...["-S", "-enable-kvm", "-full-screen", "-no-acpi", "-no-fd-bootchk", "-no-hpet", "-no-quit", "-no-reboot"],
  ...["-no-shutdown", "-no-user-config", "-nodefaults", "-nographic", "-only-migratable", "-snapshot", "-usb"],
  ...["-win2k-hack"],
]);

/**
 * Why a job's arguments are not passed on to QEMU, which by most of them can be told to read, write or run anything;
 * undefined when they are. `allowed` are those that the operator allows, `*` all; empty means the harmless ones.
 */
export function argumentProblem(args: readonly string[], allowed: readonly string[]): string | undefined {
  if (allowed.includes("*")) return undefined;
  const names = new Set((allowed.length > 0 ? allowed : harmless).map(withOneDash));
  let mayHaveValue = false;
  for (const argument of args) {
    const name = withOneDash(argument);
    if (name.startsWith("-")) {
      if (!names.has(name)) return `argument ${JSON.stringify(argument)} is not allowed on this node`;
      mayHaveValue = !withoutValue.has(name);
    } else {
      // Standing alone it would be the path of a disk image.
      if (!mayHaveValue) return `argument ${JSON.stringify(argument)} is no value of the argument before it`;
      mayHaveValue = false;
    }
  }
  return undefined;
}

/** QEMU takes one dash or two. */
function withOneDash(argument: string): string {
  return argument.startsWith("--") ? argument.slice(1) : argument;
}
