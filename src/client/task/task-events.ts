import { dictionary, formatGoDuration, type Instant, nanoseconds } from "../../base/index.ts";
import type { TaskEvent } from "../../model/index.ts";
import { restartReason } from "./restart-tracker.ts";

/**
 * What can happen to a task. Each maker fills the field that older programs read for its type, and the
 * `DisplayMessage` and `Details` that newer ones print.
 */
export const taskEvents = {
  received: (at: Instant) => event(at, "Received", { DisplayMessage: "Task received by client" }),

  failedValidation: (at: Instant, problem: string) =>
    event(at, "Failed Validation", { ValidationError: problem, DisplayMessage: problem, FailsTask: true }, [
      ["validation_error", problem],
    ]),

  downloadingArtifacts: (at: Instant) =>
    event(at, "Downloading Artifacts", { DisplayMessage: "Client is downloading artifacts" }),

  failedArtifactDownload: (at: Instant, problem: string) =>
    event(at, "Failed Artifact Download", { DownloadError: problem, DisplayMessage: problem, FailsTask: true }, [
      ["download_error", problem],
    ]),

  driver: (at: Instant, message: string) =>
    event(at, "Driver", { DriverMessage: message, DisplayMessage: message }, [["driver_message", message]]),

  driverFailure: (at: Instant, problem: string) =>
    event(at, "Driver Failure", { DriverError: problem, DisplayMessage: problem }, [["driver_error", problem]]),

  started: (at: Instant) => event(at, "Started", { DisplayMessage: "Task started by client" }),

  terminated: (at: Instant, end: TaskEnd) =>
    event(
      at,
      "Terminated",
      { ExitCode: end.exitCode, Signal: end.signal, Message: end.message, DisplayMessage: describeEnd(end) },
      [
        ["exit_code", String(end.exitCode)],
        ["signal", String(end.signal)],
        ["oom_killed", String(end.outOfMemory)],
        ...(end.message === "" ? [] : [["exit_message", end.message] as const]),
      ],
    ),

  restarting: (at: Instant, reason: string, delay: number) =>
    event(
      at,
      "Restarting",
      { RestartReason: reason, StartDelay: delay, DisplayMessage: describeRestart(reason, delay) },
      [
        ["restart_reason", reason],
        ["start_delay", String(delay)],
      ],
    ),

  notRestarting: (at: Instant, reason: string) =>
    event(at, "Not Restarting", { RestartReason: reason, DisplayMessage: reason, FailsTask: true }, [
      ["restart_reason", reason],
      ["fails_task", "true"],
    ]),

  killing: (at: Instant, timeout: number) => {
    const timeoutText = formatGoDuration(nanoseconds(timeout));
    const message = `Sent interrupt. Waiting ${timeoutText} before force killing`;
    return event(at, "Killing", { KillTimeout: timeout, DisplayMessage: message }, [["kill_timeout", timeoutText]]);
  },

  killed: (at: Instant, problem: string) =>
    event(
      at,
      "Killed",
      { KillError: problem, DisplayMessage: problem === "" ? "Task successfully killed" : problem },
      problem === "" ? [] : [["kill_error", problem]],
    ),
};

/** How a task's program ended; `exitCode` as a shell reports it, `signal` 0 when none ended it. */
export interface TaskEnd {
  readonly exitCode: number;
  readonly signal: number;
  readonly message: string;
  readonly outOfMemory: boolean;
}

const nothing: Omit<TaskEvent, "Type" | "Time" | "Details"> = {
  DisplayMessage: "",
  Message: "",
  FailsTask: false,
  RestartReason: "",
  SetupError: "",
  DriverError: "",
  DriverMessage: "",
  ExitCode: 0,
  Signal: 0,
  KillReason: "",
  KillTimeout: 0,
  KillError: "",
  StartDelay: 0,
  DownloadError: "",
  ValidationError: "",
  DiskLimit: 0,
  DiskSize: 0,
  FailedSibling: "",
  VaultError: "",
  TaskSignal: "",
  TaskSignalReason: "",
  GenericSource: "",
};

function event(
  at: Instant,
  type: string,
  fields: Partial<typeof nothing>,
  details: readonly (readonly [string, string])[] = [],
): TaskEvent {
  return { Type: type, Time: at, ...nothing, ...fields, Details: dictionary(details) };
}

function describeEnd(end: TaskEnd): string {
  const parts = [`Exit Code: ${end.exitCode}`];
  if (end.signal !== 0) parts.push(`Signal: ${end.signal}`);
  if (end.message !== "") parts.push(`Exit Message: ${JSON.stringify(end.message)}`);
  return parts.join(", ");
}

function describeRestart(reason: string, delay: number): string {
  const when = `Task restarting in ${formatGoDuration(nanoseconds(delay))}`;
  return reason === restartReason.withinPolicy ? when : `${reason} - ${when}`;
}
