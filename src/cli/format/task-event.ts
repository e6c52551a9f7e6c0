import { formatGoDuration, nanoseconds } from "../../base/index.ts";
import type { TaskEvent } from "../../model/index.ts";
import { goQuote } from "./go-quote.ts";

/** What happened to a task, in a sentence. */
export function eventDescription(event: TaskEvent): string {
  switch (event.Type) {
    case "Received":
      return "Task received by client";
    case "Started":
      return "Task started by client";
    case "Driver Failure":
      return event.DriverError || "Failed to start task";
    case "Failed Validation":
      return event.ValidationError || "Validation of task failed";
    case "Downloading Artifacts":
      return "Client is downloading artifacts";
    case "Failed Artifact Download":
      return event.DownloadError || "Failed to download artifacts";
    case "Killing":
      return killing(event);
    case "Killed":
      return event.KillError || "Task successfully killed";
    case "Terminated":
      return terminated(event);
    case "Restarting":
      return restarting(event);
    case "Not Restarting":
      return event.RestartReason || "Task exceeded restart policy";
    default:
      return event.DisplayMessage || event.Message;
  }
}

/** The spelling is what people and scripts know. */
function killing({ KillTimeout }: TaskEvent): string {
  if (!KillTimeout) return "Sent interupt";
  return `Sent interupt. Waiting ${formatGoDuration(nanoseconds(KillTimeout))} before force killing`;
}

function terminated({ ExitCode, Signal, Message }: TaskEvent): string {
  const signal = Signal === 0 ? "" : `, Signal: ${Signal}`;
  const message = Message === "" ? "" : `, Exit Message: ${goQuote(Message)}`;
  return `Exit Code: ${ExitCode}${signal}${message}`;
}

function restarting({ StartDelay, RestartReason }: TaskEvent): string {
  const plan = `Task restarting in ${formatGoDuration(nanoseconds(StartDelay))}`;
  return RestartReason === "" || RestartReason === "Restart within policy" ? plan : `${RestartReason} - ${plan}`;
}
