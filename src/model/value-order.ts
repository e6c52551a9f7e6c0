const decimalNumber = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const wholeNumber = /^[+-]?[0-9]+$/;
/** Longer texts are no numbers: to read one costs more than its length. */
const longestNumber = 1024;

/**
 * Negative if `left` comes before `right`, 0 if they are level. Two numbers go by value, so that "9" comes before "10";
 * all else goes by bytes.
 */
export function compareValues(left: string, right: string): number {
  if (isNumber(left) && isNumber(right)) {
    const exact = wholeNumber.test(left) && wholeNumber.test(right);
    const [a, b] = exact ? [integer(left), integer(right)] : [Number(left), Number(right)];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return compareBytes(left, right);
}

function isNumber(text: string): boolean {
  return text.length <= longestNumber && decimalNumber.test(text) && Number.isFinite(Number(text));
}

function integer(text: string): bigint {
  return BigInt(text.replace(/^\+/, ""));
}

/** Bytes of UTF-8 come in the order of code points, which differs from that of JavaScript's strings above U+FFFF. */
function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
