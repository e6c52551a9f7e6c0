/** How deep blocks, lists and objects may nest: no recursion whose depth the author of a text picks. */
export const deepest = 64;
/** The longest text that is parsed, in UTF-16 code units. */
export const longestText = 4 * 1024 * 1024;
