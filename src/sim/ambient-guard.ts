/** What must not be touched while a world runs: it would make two runs of one seed differ. */
const ambient: readonly (readonly [owner: object, name: string])[] = [
  [Date, "now"],
  [Math, "random"],
  [globalThis, "setTimeout"],
  [globalThis, "setInterval"],
  [globalThis, "setImmediate"],
  [globalThis.crypto, "randomUUID"],
];

/** Makes ambient time and chance throw; the result puts them back. */
export function forbidAmbient(): () => void {
  const undo = ambient.map(([owner, name]) => {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, {
      configurable: true,
      value: () => {
        throw new Error(`ambient ${name} was called inside a simulated world`);
      },
    });
    return () => {
      if (before === undefined) delete (owner as Record<string, unknown>)[name];
      else Object.defineProperty(owner, name, before);
    };
  });
  return () => {
    for (const restore of undo) restore();
  };
}
