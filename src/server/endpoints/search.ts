import { RpcError, searchPrefix } from "../../api/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";
import { type Endpoint, readEndpoint, type ServerContext } from "../endpoint.ts";
import { hyphenated } from "./lookup.ts";

/** Of one kind no more IDs are told. */
const mostMatches = 20;

/** The kinds by the names that programs of 1.x give them. */
const kinds = ["jobs", "nodes", "allocs", "evals"] as const;
type Kind = (typeof kinds)[number];

/** Kinds of 1.x of which there is nothing here: asking for them finds nothing. */
const absent = new Set(["deployment", "namespaces", "plugins", "scaling_policy", "volumes"]);

/** What is found by the beginning of its ID. */
export function searchEndpoints(context: ServerContext): readonly Endpoint[] {
  return [
    readEndpoint(context, searchPrefix, (view, { request: { Prefix, Context }, options: { namespace } }) => {
      const found: [Kind, readonly string[]][] = [];
      for (const kind of kindsOf(Context)) {
        const ids = beginningWith(view, kind, namespace, Prefix);
        if (ids !== undefined) found.push([kind, firstOf(ids, mostMatches + 1)]);
      }
      return {
        result: {
          Matches: Object.fromEntries(found.map(([kind, ids]) => [kind, ids.slice(0, mostMatches)])),
          Truncations: Object.fromEntries(found.map(([kind, ids]) => [kind, ids.length > mostMatches])),
        },
        index: Math.max(1, ...kindsOf(Context).map((kind) => tableOf(view, kind).lastIndex)),
      };
    }),
  ];
}

function kindsOf(context: string): readonly Kind[] {
  if (context === "" || context === "all") return kinds;
  const kind = kinds.find((each) => each === context);
  if (kind === undefined && !absent.has(context)) {
    const known = [...kinds, ...absent].join(" ");
    throw new RpcError(`context must be one of [${known}] or 'all' for all contexts; got ${JSON.stringify(context)}`, {
      code: 400,
    });
  }
  return kind === undefined ? [] : [kind];
}

/** The IDs in order; undefined where none of this kind can begin so. */
function beginningWith(
  view: StateView,
  kind: Kind,
  namespace: string,
  prefix: string,
): Iterable<{ readonly ID: string }> | undefined {
  if (kind === "jobs") return view.jobs.withPrefix(jobKey(namespace, prefix));
  const digits = prefix.replaceAll("-", "");
  if (!/^[0-9a-f]{0,32}$/i.test(digits)) return undefined;
  return tableOf(view, kind).withPrefix(hyphenated(digits.toLowerCase()));
}

function tableOf(view: StateView, kind: Kind) {
  return { jobs: view.jobs, nodes: view.nodes, allocs: view.allocations, evals: view.evaluations }[kind];
}

/** The IDs of the first rows: of a large table no more is read. */
function firstOf(rows: Iterable<{ readonly ID: string }>, most: number): readonly string[] {
  const ids: string[] = [];
  for (const { ID } of rows) {
    ids.push(ID);
    if (ids.length === most) break;
  }
  return ids;
}
