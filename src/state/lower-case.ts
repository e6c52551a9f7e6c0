/**
 * Puts texts in lower case, and has the last one at hand: what is stored in one go is asked for again and again, by the same
 * identifier of a node, of an evaluation, or of the row itself.
 */
export function lowerCaser(): (text: string) => string {
  let last = "";
  let lowered = "";
  return (text) => {
    if (text !== last) {
      lowered = text.toLowerCase();
      last = text;
    }
    return lowered;
  };
}
