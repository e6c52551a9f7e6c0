import type { Disk } from "../../runtime/index.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** The machine field of an ELF file's header, in Go's names for architectures. */
const elfMachines: ReadonlyMap<number, string> = new Map([
  [0x03, "386"],
  [0x28, "arm"],
  [0x3e, "amd64"],
  [0xb7, "arm64"],
  [0xf3, "riscv64"],
]);
const elfMachineOffset = 18;

/** Attributes `arch` and, for newer programs, `cpu.arch`: what this very program was built for. */
export const archFingerprint: Fingerprint = {
  name: "arch",
  async detect({ runtime }) {
    const arch = await programArchitecture(runtime.disk);
    return arch === undefined ? undefined : { attributes: { arch, "cpu.arch": arch } };
  },
};

async function programArchitecture(disk: Disk): Promise<string | undefined> {
  try {
    const program = await disk.open("/proc/self/exe", "read");
    try {
      const [low = 0, high = 0] = await program.read(elfMachineOffset, 2);
      return elfMachines.get(low + high * 256);
    } finally {
      await program.close();
    }
  } catch {
    return undefined;
  }
}
