export { readArchive, type SnapshotMeta, UnreadableArchive } from "../wire/index.ts";
export type { AgentSelf, MetricsSummary } from "./http/agent-shapes.ts";
export type { ClientEndpoints, FileChunk, LogRequest } from "./http/client-endpoints.ts";
export type { DiskStats, FileInfo, HostStats, Origin, StreamFrame } from "./http/client-shapes.ts";
export type { JobValidation } from "./http/job-files.ts";
export { DigestMismatch } from "./http/proven.ts";
export { parseGoInteger, type Query } from "./http/query.ts";
export { Refusal } from "./http/refusal.ts";
export { type AskingRoute, filled, type Given, type Verb } from "./http/route.ts";
export { askingRoutes, localRoutes } from "./http/routes.ts";
export { type OpenAPIDocument, type Operation, openAPIDocument } from "./openapi/document.ts";
export { jobFileText } from "./openapi/jobs.ts";
export { getAllocation, getAllocations, listAllocations } from "./rpc/allocations.ts";
export {
  dequeueEvaluations,
  finishEvaluations,
  getEvaluation,
  getEvaluationAllocations,
  listEvaluations,
  reapEvaluations,
  refuseEvaluation,
  submitPlan,
} from "./rpc/evaluations.ts";
export { explainEvaluation, explainJob } from "./rpc/explain.ts";
export {
  deregisterJob,
  evaluateJob,
  forcePeriodic,
  forgetJobs,
  getJob,
  getJobAllocations,
  getJobEvaluations,
  getJobSummary,
  listJobs,
  planJob,
  registerJob,
} from "./rpc/jobs.ts";
export {
  type Answer,
  defaultQueryOptions,
  noClusterLeader,
  noPathToRegion,
  type QueryOptions,
  type RpcCaller,
  RpcError,
  type RpcMethod,
} from "./rpc/method.ts";
export { rpcMethods } from "./rpc/methods.ts";
export {
  deregisterNode,
  evaluateNode,
  getClientAllocations,
  getNode,
  getNodeAllocations,
  listNodes,
  registerNode,
  updateAllocations,
  updateNodeDrain,
  updateNodeEligibility,
  updateNodeStatus,
} from "./rpc/nodes.ts";
export { getRaftConfiguration, removeRaftPeer, transferLeadership } from "./rpc/operator.ts";
export { getSchedulerConfiguration, setSchedulerConfiguration } from "./rpc/scheduler.ts";
export { searchPrefix } from "./rpc/search.ts";
export { collectGarbage, getLeader, getPeers, listRegions, ping, reconcileSummaries } from "./rpc/status.ts";
export {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  replyUnpacker,
  requestUnpacker,
} from "./rpc/wire-codec.ts";
export {
  type Answered,
  type AskOptions,
  type DrainUpdate,
  type JobWithID,
  Nomad,
  type Transport,
  UnexpectedStatus,
} from "./sdk.ts";
export type * as Shapes from "./shapes.ts";
