import type { Steps } from "../../base/index.ts";
import {
  AlreadyTold,
  type Evaluator,
  HCLError,
  type LazyMembers,
  Scope,
  type SyntaxAttribute,
  type SyntaxBody,
  type Value,
} from "../../hcl/index.ts";
import { attributesIn } from "./variables.ts";

/**
 * The `locals` of a file, each evaluated when it is first asked for, and all of them once, in a step each. What is wrong is given
 * to `keep`.
 */
export function* declaredLocals(
  { items }: SyntaxBody,
  evaluator: Evaluator,
  outer: Scope,
  keep: (error: HCLError) => void,
): Steps<LazyMembers> {
  const attributes = new Map<string, SyntaxAttribute>();
  const values = new Map<string, Value>();
  const beingEvaluated = new Set<string>();
  const failed = new Set<string>();
  const collect = (attribute: SyntaxAttribute): void => {
    if (attributes.has(attribute.key))
      evaluator.fail(attribute.position, `the local "${attribute.key}" is defined twice`);
    attributes.set(attribute.key, attribute);
  };
  const kept = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      if (error instanceof AlreadyTold) return;
      if (!(error instanceof HCLError)) throw error;
      keep(error);
    }
  };
  for (const item of items) {
    if (item.kind === "block" && item.key === "locals") kept(() => attributesIn(item.body, evaluator).forEach(collect));
  }

  const locals: LazyMembers = {
    names: () => [...attributes.keys()],
    get: (name) => {
      const known = values.get(name);
      const attribute = attributes.get(name);
      if (known !== undefined || attribute === undefined) return known;
      if (failed.has(name)) throw new AlreadyTold();
      if (beingEvaluated.has(name)) evaluator.fail(attribute.position, `the local "${name}" is defined by itself`);
      beingEvaluated.add(name);
      try {
        values.set(name, evaluator.evaluate(attribute.value, scope));
      } catch (error) {
        failed.add(name);
        if (!(error instanceof HCLError)) throw error;
        // Told here and now: whoever asked may be a try, which tells nobody.
        keep(error);
        throw new AlreadyTold();
      } finally {
        beingEvaluated.delete(name);
      }
      return values.get(name);
    },
  };
  const scope = new Scope(new Map(), { outer, lazy: new Map([["local", locals]]) });
  for (const name of attributes.keys()) {
    kept(() => {
      locals.get(name);
    });
    yield;
  }
  return locals;
}
