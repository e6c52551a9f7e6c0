import type { HCLFunction } from "../evaluation/function.ts";
import { collectionFunctions } from "./collections.ts";
import { dateFunctions } from "./dates.ts";
import { encodingFunctions } from "./encoding.ts";
import { fileFunctions } from "./files.ts";
import { hashFunctions } from "./hashes.ts";
import { networkFunctions } from "./networks.ts";
import { numberFunctions } from "./numbers.ts";
import { stringFunctions } from "./strings.ts";

/** Every function by its name, but for `try`, `can` and `convert`, which look at what was written. */
export const allFunctions: ReadonlyMap<string, HCLFunction> = new Map(
  [
    stringFunctions,
    numberFunctions,
    collectionFunctions,
    encodingFunctions,
    hashFunctions,
    dateFunctions,
    networkFunctions,
    fileFunctions,
  ].flatMap((family) => Object.entries(family)),
);
