import type { Node } from "../../model/index.ts";
import type { TableDeclaration } from "../table.ts";

/** The clients' machines, by id. */
export const nodes: TableDeclaration<Node> = { key: (node) => node.ID.toLowerCase(), indexes: {} };
