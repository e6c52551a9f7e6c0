/** How deep blocks, lists and objects may nest: no recursion whose depth the author of a text picks. */
export const deepest = 64;
/** The longest text that is parsed, in UTF-16 code units. */
export const longestText = 4 * 1024 * 1024;
/** How many nodes of an expression may be below one another: no walk over it goes deeper. */
export const tallest = 200;
/** How many things that are wrong with a text are told at once. */
export const mostProblems = 20;
