/** What `nomad-ts/sdk` offers to programs: everything that HTTP may be asked, typed, and nothing else. */
export {
  type Answered,
  type AskOptions,
  type DrainUpdate,
  type JobWithID,
  Nomad,
  type Shapes,
  type StreamFrame,
  type Transport,
  UnexpectedStatus,
} from "../api/index.ts";
export { type Duration, hours, milliseconds, minutes, seconds } from "../base/index.ts";
export { fetchTransport } from "./fetch-transport.ts";
