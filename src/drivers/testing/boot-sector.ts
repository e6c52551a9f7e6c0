/** What a machine does that boots from the sector. */
export interface BootProgram {
  /** Written to the serial line, after `bootMark`. */
  readonly prints: string;
  readonly waitMilliseconds?: number;
  /** Waits for its power button too, from before it prints, and ends when that has been pressed. */
  readonly awaitsPowerButton?: true;
  /** Switches itself off; or tells QEMU's device for that (`isa-debug-exit` at port 0xf4) a code; or goes on for ever. */
  readonly end: "power off" | { readonly exitCode: number } | "go on";
}

/** Sets what the sector prints apart from what the firmware printed before. */
export const bootMark = "\x02";

/** Where the firmware puts the first sector of a disk. */
const origin = 0x7c00;
const sectorBytes = 512;

/** A disk of one sector with a program for a PC that has just been switched on, by hand from Intel's manual. */
export function bootSector({ prints, waitMilliseconds = 0, awaitsPowerButton, end }: BootProgram): Uint8Array {
  const [first, then] = awaitsPowerButton ? [enablingButton, awaitingButton] : [[], []];
  const code = [...first, ...printing, ...waiting(waitMilliseconds), ...then, ...ending(end)];
  const text = origin + code.length;
  // The operand of `mov si, text`.
  code.splice(first.length + 5, 2, text & 0xff, text >> 8);
  const sector = Buffer.alloc(sectorBytes);
  sector.set([...code, ...Buffer.from(`${bootMark}${prints}\0`)]);
  sector.set([0x55, 0xaa], sectorBytes - 2);
  return sector;
}

/** Sends bytes to the first serial port up to a null, each when the one before is gone. */
const printing = [
  ...[0x31, 0xc0], // xor ax, ax
  ...[0x8e, 0xd8], // mov ds, ax
  ...[0xbe, 0x00, 0x00], // mov si, text
  ...[0xac], // next: lodsb
  ...[0x84, 0xc0], // test al, al
  ...[0x74, 0x12], // jz done
  ...[0x88, 0xc3], // mov bl, al
  ...[0xba, 0xfd, 0x03], // mov dx, 0x3fd
  ...[0xec], // wait: in al, dx
  ...[0xa8, 0x20], // test al, 0x20
  ...[0x74, 0xfb], // jz wait
  ...[0xba, 0xf8, 0x03], // mov dx, 0x3f8
  ...[0x88, 0xd8], // mov al, bl
  ...[0xee], // out dx, al
  ...[0xeb, 0xe9], // jmp next
]; // done:

/** Asks the firmware to wait, in microseconds. */
function waiting(milliseconds: number): number[] {
  const microseconds = milliseconds * 1000;
  const word = (value: number) => [value & 0xff, value >> 8];
  return [
    ...[0xb4, 0x86], // mov ah, 0x86
    ...[0xb9, ...word(microseconds >>> 16)], // mov cx, high
    ...[0xba, ...word(microseconds & 0xffff)], // mov dx, low
    ...[0xcd, 0x15], // int 0x15
  ];
}

/** Enables the event of the power button in the PC that QEMU makes. */
const enablingButton = [0xba, 0x02, 0x06, 0xb8, 0x00, 0x01, 0xef]; // mov dx, 0x602; mov ax, 0x100; out dx, ax

/** Looks until that event has come. */
const awaitingButton = [
  ...[0xba, 0x00, 0x06], // mov dx, 0x600
  ...[0xed], // again: in ax, dx
  ...[0xf6, 0xc4, 0x01], // test ah, 1
  ...[0x74, 0xfa], // jz again
];

function ending(end: BootProgram["end"]): number[] {
  return [...switchingOff(end), ...halted];
}

/** The machine takes a moment to stop, in which it must not run into what follows. */
const halted = [0xfb, 0xf4, 0xeb, 0xfd]; // sti; again: hlt; jmp again

function switchingOff(end: BootProgram["end"]): number[] {
  if (end === "go on") return [];
  // mov dx, 0x604; mov ax, 0x2000; out dx, ax: the sleep register of the PC that QEMU makes.
  if (end === "power off") return [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef];
  // mov al, value; out 0xf4, al. QEMU exits with twice the value and one.
  return [0xb0, (end.exitCode - 1) / 2, 0xe6, 0xf4];
}
