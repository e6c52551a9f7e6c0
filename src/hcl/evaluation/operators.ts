import type { NumberValue } from "../ast.ts";
import type { BinaryOperator } from "../syntax.ts";
import { booleanOf, isSame, numberOf, numberValue, Unusable, type Value } from "./value.ts";

/**
 * An operation on one value or two. `&&` and `||` ask for the right one only if it matters. Throws `Unusable`; its
 * `parameter` tells the side.
 */
export function compute(operator: BinaryOperator | "!", left: () => Value, right?: () => Value): Value {
  if (right === undefined)
    return operator === "!" ? !on(0, () => booleanOf(left())) : negated(on(0, () => numberOf(left())));
  switch (operator) {
    case "&&":
      return on(0, () => booleanOf(left())) && on(1, () => booleanOf(right()));
    case "||":
      return on(0, () => booleanOf(left())) || on(1, () => booleanOf(right()));
    case "==":
      return isSame(left(), right());
    case "!=":
      return !isSame(left(), right());
    default: {
      const [a, b] = [on(0, () => numberOf(left())), on(1, () => numberOf(right()))];
      return typeof a === "bigint" && typeof b === "bigint"
        ? whole(operator, a, b)
        : fractional(operator, Number(a), Number(b));
    }
  }
}

function negated(value: NumberValue): NumberValue {
  return -value;
}

function whole(operator: BinaryOperator | "!", a: bigint, b: bigint): Value {
  switch (operator) {
    case "+":
      return numberValue(a + b);
    case "-":
      return numberValue(a - b);
    case "*":
      return numberValue(a * b);
    case "/":
      requireDivisor(b !== 0n);
      return a % b === 0n ? a / b : numberValue(Number(a) / Number(b));
    case "%":
      requireDivisor(b !== 0n);
      return a % b;
    default:
      return compared(operator, a, b);
  }
}

function fractional(operator: BinaryOperator | "!", a: number, b: number): Value {
  switch (operator) {
    case "+":
      return numberValue(a + b);
    case "-":
      return numberValue(a - b);
    case "*":
      return numberValue(a * b);
    case "/":
      requireDivisor(b !== 0);
      return numberValue(a / b);
    case "%":
      requireDivisor(b !== 0);
      return numberValue(a % b);
    default:
      return compared(operator, a, b);
  }
}

function compared(operator: BinaryOperator | "!", a: NumberValue, b: NumberValue): boolean {
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}

function requireDivisor(isThere: boolean): void {
  if (!isThere) throw new Unusable("division by zero", { parameter: 1 });
}

function on<Result>(parameter: number, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new Unusable(error.message, { parameter, ...(error.hint === undefined ? {} : { hint: error.hint }) });
  }
}
