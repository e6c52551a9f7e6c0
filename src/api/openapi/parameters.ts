import type { JSONSchema } from "../../wire/index.ts";
import type { AskingRoute, LocalRoute } from "../http/route.ts";
import { type QueryParameter, type RouteDescription, text, whole } from "./description.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly description: string;
  readonly required: boolean;
  readonly schema: JSONSchema;
  /** Said by its name alone. */
  readonly allowEmptyValue?: true;
}

const inPath: Readonly<Record<string, string>> = {
  JobID: "the ID of a job; slashes in it may be escaped",
  NodeID: "the whole ID of a node",
  AllocID: "the whole ID of an allocation",
  EvalID: "the whole ID of an evaluation",
};

/** Present or not; what it is said to be is not looked at. */
const presence: JSONSchema = { type: "string", maxLength: 5 };

const pretty: QueryParameter = { says: "indent the answer, unless it is `0`", form: presence };
const prefix: QueryParameter = {
  says: "only IDs that begin so; all but those of jobs need an even number of hexadecimal digits",
  form: text,
};

/** What may be said to all that servers answer. */
const ofServers: Readonly<Record<string, QueryParameter>> = {
  region: { says: "the region to ask; without it, that of the agent", form: text },
  namespace: { says: "`default` is the only namespace there is", form: text },
};

/** What may be said to reads besides. */
const ofReads: Readonly<Record<string, QueryParameter>> = {
  index: { says: "answer only when there is something newer than this index", form: { ...whole, minimum: 0 } },
  wait: { says: "but after this time at the latest: `10s`, `5m`, five minutes at most and by default", form: text },
  stale: { says: "any server may answer, also without a leader", form: presence },
  consistent: { says: "changes nothing: what is not `stale` is consistent", form: presence },
};

const saidByName: ReadonlySet<string> = new Set(["pretty", "stale", "consistent"]);

/** What a route may be asked with: what follows from it, and what its description says. */
export function parametersOf(
  route: LocalRoute & Partial<Pick<AskingRoute, "asks" | "tells">>,
  { query = {}, takesPrefix, answers }: RouteDescription,
): readonly Parameter[] {
  const names = [...route.path.matchAll(/\{(.*?)\}/g)].map(([, name]) => name as string);
  return [
    ...names.map(
      (name) => ({ name, in: "path", description: inPath[name] ?? "", required: true, schema: text }) as const,
    ),
    ...Object.entries({
      ...query,
      ...(takesPrefix && { prefix }),
      ...(route.tells === "freshness" && ofReads),
      ...(route.asks !== undefined && ofServers),
      ...(answers !== "nothing" && { pretty }),
    }).map(([name, each]) => inQuery(name, each)),
  ];
}

function inQuery(name: string, { says, form, isRequired }: QueryParameter): Parameter {
  const allowEmptyValue = saidByName.has(name) ? { allowEmptyValue: true as const } : {};
  return { name, in: "query", description: says, required: isRequired === true, schema: form, ...allowEmptyValue };
}
