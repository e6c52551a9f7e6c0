/** What must not be touched while a world runs: it would make two runs of one seed differ. */
const ambient: readonly (readonly [owner: object, name: string])[] = [
  [Date, "now"],
  [Math, "random"],
  [performance, "now"],
  [globalThis, "setTimeout"],
  [globalThis, "setInterval"],
  [globalThis, "setImmediate"],
  [globalThis.crypto, "randomUUID"],
  [globalThis.crypto, "getRandomValues"],
];

/** Makes ambient time and chance throw; the result puts them back. */
export function forbidAmbient(): () => void {
  const undo = [
    replaced(globalThis, "Date", datesOfInstantsOnly(Date)),
    ...ambient.map(([owner, name]) => replaced(owner, name, () => refuse(name))),
  ];
  return () => {
    for (const restore of undo) restore();
  };
}

/** A date of a given instant is a value like any other; one without is the time of this machine. */
function datesOfInstantsOnly(date: DateConstructor): DateConstructor {
  return new Proxy(date, {
    apply: () => refuse("Date"),
    construct: (target, given, newTarget) =>
      given.length === 0 ? refuse("Date") : Reflect.construct(target, given, newTarget),
  });
}

function replaced(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { configurable: true, writable: true, value });
  return () => {
    if (before === undefined) delete (owner as Record<string, unknown>)[name];
    else Object.defineProperty(owner, name, before);
  };
}

function refuse(name: string): never {
  throw new Error(`ambient ${name} was called inside a simulated world`);
}
