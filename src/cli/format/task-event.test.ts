import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskEvent } from "../../model/index.ts";
import { eventDescription } from "./task-event.ts";

const nothing = {
  RestartReason: "",
  DriverError: "",
  ExitCode: 0,
  Signal: 0,
  Message: "",
  KillTimeout: 0,
  KillError: "",
  StartDelay: 0,
  DownloadError: "",
  ValidationError: "",
};

function described(Type: string, more: object = {}): string {
  return eventDescription({ ...nothing, Type, ...more } as TaskEvent);
}

test("each event is told in a sentence of its own", () => {
  const cases: [string, object, string][] = [
    ["Received", {}, "Task received by client"],
    ["Started", {}, "Task started by client"],
    ["Driver Failure", {}, "Failed to start task"],
    ["Driver Failure", { DriverError: "no such command" }, "no such command"],
    ["Failed Validation", {}, "Validation of task failed"],
    ["Failed Validation", { ValidationError: "runs as root" }, "runs as root"],
    ["Downloading Artifacts", {}, "Client is downloading artifacts"],
    ["Failed Artifact Download", {}, "Failed to download artifacts"],
    ["Failed Artifact Download", { DownloadError: "404" }, "404"],
    ["Killing", {}, "Sent interupt"],
    ["Killing", { KillTimeout: 5e9 }, "Sent interupt. Waiting 5s before force killing"],
    ["Killed", {}, "Task successfully killed"],
    ["Killed", { KillError: "would not die" }, "would not die"],
    ["Terminated", {}, "Exit Code: 0"],
    ["Terminated", { ExitCode: 137, Signal: 9 }, "Exit Code: 137, Signal: 9"],
    ["Terminated", { ExitCode: 1, Message: 'a "b"' }, 'Exit Code: 1, Exit Message: "a \\"b\\""'],
    ["Restarting", { StartDelay: 15e9 }, "Task restarting in 15s"],
    ["Restarting", { StartDelay: 1e9, RestartReason: "Restart within policy" }, "Task restarting in 1s"],
    [
      "Restarting",
      { StartDelay: 1e9, RestartReason: "Exceeded allowed attempts, applying a delay" },
      "Exceeded allowed attempts, applying a delay - Task restarting in 1s",
    ],
    ["Not Restarting", {}, "Task exceeded restart policy"],
    ["Not Restarting", { RestartReason: "Policy allows no restarts" }, "Policy allows no restarts"],
    ["Task Setup", { DisplayMessage: "Building Task Directory" }, "Building Task Directory"],
  ];
  for (const [type, more, expected] of cases) assert.equal(described(type, more), expected);
});
