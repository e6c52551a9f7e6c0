import type { askingRoutes, localRoutes } from "../http/routes.ts";
import { agent, openAPI } from "./agent.ts";
import { allocations, evaluations } from "./allocations.ts";
import { client } from "./client.ts";
import { operator, scheduler, search, snapshot, status } from "./cluster.ts";
import type { Descriptions, RouteName } from "./description.ts";
import { explain, jobFiles, jobs } from "./jobs.ts";
import { nodes } from "./nodes.ts";

/** A part of the API, as people look for it. */
export interface Section {
  readonly name: string;
  readonly says: string;
  readonly routes: readonly RouteName[];
}

const { explainJob, explainEvaluation } = explain;
const namesOf = (routes: Partial<Record<RouteName, unknown>>) => Object.keys(routes) as RouteName[];

/** Every route in its section, in the order of the document. */
export const sections: readonly Section[] = [
  {
    name: "Jobs",
    says: "What is to run. IDs of jobs may contain slashes.",
    routes: namesOf({ ...jobs, explainJob, ...jobFiles }),
  },
  { name: "Nodes", says: "The machines that run it.", routes: namesOf(nodes) },
  {
    name: "Allocations and evaluations",
    says: "What is bound to nodes, and the needs to look at jobs that led to it.",
    routes: namesOf({ ...allocations, ...evaluations, explainEvaluation }),
  },
  {
    name: "Files and figures of allocations",
    says:
      "Asked with the whole ID of an allocation, of any agent: one that does not hold the allocation asks the node that does, at the HTTP address that the node " +
      "advertises, and passes its answer on as it comes. When who asked leaves, the node is left too; when the node breaks off, so does the answer. A node that cannot " +
      "be reached is 404, `No path to node`.",
    routes: namesOf(client),
  },
  { name: "Agent", says: "The agent that is asked.", routes: namesOf({ ...agent, ...openAPI }) },
  {
    name: "Cluster",
    says: "The servers of the region, and what all have in common.",
    routes: namesOf({ ...status, ...search }),
  },
  {
    name: "Operator",
    says: "What operators do to servers. Any agent takes it.",
    routes: namesOf({ ...operator, ...scheduler, ...snapshot }),
  },
];

/** The compiler holds that no route is without a description, and that what it is said to answer fits. */
export const descriptions: Descriptions<typeof askingRoutes & typeof localRoutes> = {
  ...jobs,
  ...explain,
  ...jobFiles,
  ...nodes,
  ...allocations,
  ...evaluations,
  ...client,
  ...agent,
  ...openAPI,
  ...status,
  ...search,
  ...operator,
  ...scheduler,
  ...snapshot,
};
