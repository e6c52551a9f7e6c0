import type { NumberValue } from "../ast.ts";
import type { Budget } from "./budget.ts";
import {
  booleanOf,
  elementsOf,
  integerOf,
  isMap,
  kindOf,
  numberOf,
  textOf,
  Unusable,
  type Value,
  type ValueMap,
} from "./value.ts";

/** The files a job file may read; without it functions of files are refused. Paths may be relative to the job file. */
export interface FileDoor {
  /** What a path is; undefined if there is nothing. Links are followed. */
  kind(path: string): "file" | "directory" | "other" | undefined;
  /** The bytes of a file. Throws an error whose message says why not. */
  read(path: string): Uint8Array;
  /** The names in a directory. */
  list(path: string): readonly string[];
  /** A path as it is from the root on. */
  absolute(path: string): string;
  /** The user's home. */
  readonly home: string | undefined;
}

/** What functions may ask of the world around an evaluation. */
export interface FunctionHost {
  readonly files?: FileDoor | undefined;
  /** So many bytes that nobody can foretell. */
  randomBytes(count: number): Uint8Array;
}

/** What a function is given besides its parameters. */
export interface Call {
  readonly host: FunctionHost;
  readonly budget: Budget;
}

interface Kinds {
  string: string;
  number: NumberValue;
  integer: number;
  boolean: boolean;
  list: readonly Value[];
  strings: readonly string[];
  map: ValueMap;
  any: Value;
}
type Kind = keyof Kinds;
type Values<Wanted extends readonly Kind[]> = { readonly [Index in keyof Wanted]: Kinds[Wanted[Index]] };

/** A function of the language. */
export interface HCLFunction {
  readonly least: number;
  readonly most: number;
  run(parameters: readonly Value[], call: Call): Value;
}

/** A function with parameters of these kinds; values are converted, and `Unusable` is thrown for one that cannot be. */
export function fixed<const Wanted extends readonly Kind[]>(
  wanted: Wanted,
  run: (parameters: Values<Wanted>, call: Call) => Value,
): HCLFunction {
  return {
    least: wanted.length,
    most: wanted.length,
    run: (given, call) =>
      run(given.map((value, index) => read(wanted[index]!, value, index)) as unknown as Values<Wanted>, call),
  };
}

/** A function that takes any number of parameters of one kind. */
export function variadic<Wanted extends Kind>(
  kind: Wanted,
  least: number,
  run: (parameters: readonly Kinds[Wanted][], call: Call) => Value,
): HCLFunction {
  return {
    least,
    most: Number.POSITIVE_INFINITY,
    run: (given, call) => run(given.map((value, index) => read(kind, value, index)) as Kinds[Wanted][], call),
  };
}

/** A function whose last parameters may be left out: there it is given undefined. */
export function optional<const Wanted extends readonly Kind[]>(
  wanted: Wanted,
  least: number,
  run: (parameters: Partial<Values<Wanted>>, call: Call) => Value,
): HCLFunction {
  return { ...fixed(wanted, run as Parameters<typeof fixed<Wanted>>[1]), least };
}

function read(kind: Kind, value: Value, parameter: number): Kinds[Kind] {
  try {
    return readers[kind](value);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new Unusable(error.message, { parameter, ...(error.hint === undefined ? {} : { hint: error.hint }) });
  }
}

const readers: { readonly [Name in Kind]: (value: Value) => Kinds[Name] } = {
  string: textOf,
  number: numberOf,
  integer: integerOf,
  boolean: booleanOf,
  list: listOf,
  strings: (value) => listOf(value).map(textOf),
  map: (value) => {
    if (isMap(value)) return value;
    throw new Unusable(`an object is required, not ${kindOf(value)}`);
  },
  any: (value) => value,
};

function listOf(value: Value): readonly Value[] {
  const elements = elementsOf(value);
  if (elements !== undefined) return elements;
  throw new Unusable(`a list is required, not ${kindOf(value)}`);
}
