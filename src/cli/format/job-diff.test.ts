import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldDiff, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff } from "../../model/index.ts";
import { jobDiffText } from "./job-diff.ts";
import { colours, noColours } from "./palette.ts";

const field = (Type: string, Name: string, Old: string, New: string, Annotations: string[] = []): FieldDiff => ({
  Type,
  Name,
  Old,
  New,
  Annotations,
});
const object = (Type: string, Name: string, Fields: FieldDiff[], Objects: ObjectDiff[] = []): ObjectDiff => ({
  Type,
  Name,
  Fields,
  Objects,
});
const task = (Type: string, Name: string, more: Partial<TaskDiff> = {}): TaskDiff => ({
  Type,
  Name,
  Fields: [],
  Objects: [],
  Annotations: [],
  ...more,
});
const group = (Type: string, Name: string, more: Partial<TaskGroupDiff> = {}): TaskGroupDiff => ({
  Type,
  Name,
  Fields: [],
  Objects: [],
  Tasks: [],
  Updates: {},
  ...more,
});
const diff = (Type: string, more: Partial<JobDiff> = {}): JobDiff => ({
  Type,
  ID: "web",
  Fields: [],
  Objects: [],
  TaskGroups: [],
  ...more,
});

const plain = (given: JobDiff, verbose = false): string => jobDiffText(given, { palette: noColours, verbose });
const coloured = (given: JobDiff): string => jobDiffText(given, { palette: colours, verbose: false });

const edited = diff("Edited", {
  TaskGroups: [
    group("Edited", "app", {
      Updates: { create: 2, "create/destroy update": 1 },
      Fields: [field("Edited", "Count", "1", "3", ["forces create"])],
      Tasks: [
        task("Edited", "sleeper", {
          Annotations: ["forces create/destroy update"],
          Fields: [field("Edited", "Env[FOO]", "bar", "baz"), field("Added", "Env[X]", "", "y")],
          Objects: [
            object("Edited", "Config", [
              field("None", "args[0]", "-c", "-c"),
              field("Edited", "args[1]", "a", "b"),
              field("None", "command", "/bin/sh", "/bin/sh"),
            ]),
            object("Edited", "Resources", [
              field("None", "CPU", "100", "100"),
              field("None", "DiskMB", "50", "50"),
              field("Edited", "MemoryMB", "32", "64"),
            ]),
          ],
        }),
      ],
    }),
  ],
});

test("a change is shown where it is, names and values below one another", () => {
  assert.equal(
    plain(edited),
    `+/- Job: "web"
+/- Task Group: "app" (1 create/destroy update, 2 create)
  +/- Count: "1" => "3" (forces create)
  +/- Task: "sleeper" (forces create/destroy update)
    +/- Env[FOO]: "bar" => "baz"
    +   Env[X]:   "y"
    +/- Config {
          args[0]: "-c"
      +/- args[1]: "a" => "b"
          command: "/bin/sh"
    }
    +/- Resources {
          CPU:      "100"
          DiskMB:   "50"
      +/- MemoryMB: "32" => "64"
    }`,
  );
});

test("what is wholly new is one line a task, and all of it on wish", () => {
  const added = diff("Added", {
    Fields: [field("Added", "Type", "", "batch")],
    TaskGroups: [
      group("Added", "app", {
        Updates: { create: 1 },
        Fields: [field("Added", "Count", "", "1", ["forces create"])],
        Tasks: [
          task("Added", "once", {
            Annotations: ["forces create"],
            Fields: [field("Added", "Driver", "", "exec")],
            Objects: [object("Added", "LogConfig", [field("Added", "MaxFiles", "", "10")])],
          }),
        ],
      }),
    ],
  });
  assert.equal(plain(added), '+ Job: "web"\n+ Task Group: "app" (1 create)\n  + Task: "once" (forces create)');
  assert.equal(
    plain(added, true),
    `+ Job: "web"
+ Type: "batch"
+ Task Group: "app" (1 create)
  + Count: "1" (forces create)
  + Task: "once" (forces create)
    + Driver: "exec"
    + LogConfig {
      + MaxFiles: "10"
    }`,
  );
});

test("groups are set apart, and what is unchanged stands in line with what is not", () => {
  const given = diff("Edited", {
    TaskGroups: [
      group("Deleted", "old", { Updates: { destroy: 1 }, Tasks: [task("Deleted", "t")] }),
      group("None", "same", { Updates: { ignore: 3 }, Tasks: [task("None", "u")] }),
      group("Edited", "more", { Fields: [field("Edited", "Count", "1", "2")], Tasks: [task("None", "v")] }),
    ],
  });
  assert.equal(
    plain(given),
    `+/- Job: "web"
-   Task Group: "old" (1 destroy)
  - Task: "t"

    Task Group: "same" (3 ignore)
  Task: "u"

+/- Task Group: "more"
  +/- Count: "1" => "2"
      Task: "v"`,
  );
});

test("a deleted field shows what it was", () => {
  const given = diff("Edited", {
    Fields: [field("Deleted", "Meta[a]", "1", ""), field("Edited", "Priority", "50", "60")],
  });
  assert.equal(plain(given), '+/- Job: "web"\n-   Meta[a]:  "1"\n+/- Priority: "50" => "60"');
});

test("colours are those of the original, and every text ends with a reset", () => {
  const count = diff("Edited", {
    TaskGroups: [
      group("Edited", "web", {
        Updates: { "in-place update": 2, create: 1 },
        Fields: [field("Edited", "Count", "2", "3", ["forces create"])],
        Tasks: [task("None", "server"), task("Added", "new", { Annotations: ["forces create"] })],
      }),
    ],
  });
  assert.equal(
    coloured(count),
    `\x1b[93m+/-\x1b[0m \x1b[1mJob: "web"
\x1b[93m+/-\x1b[0m \x1b[1mTask Group: "web"\x1b[0m (\x1b[0m\x1b[32m1 create, \x1b[0m\x1b[36m2 in-place update\x1b[0m)
  \x1b[93m+/-\x1b[0m Count: "2" => "3" (\x1b[32mforces create\x1b[0m)
      \x1b[1mTask: "server"
  \x1b[32m+\x1b[0m   \x1b[1mTask: "new" \x1b[0m(\x1b[32mforces create\x1b[0m)\x1b[0m`,
  );
});

test("without colours nothing but text is left", () => {
  const bare = Object.values(colours).reduce(
    (text: string, code: string) => text.replaceAll(code, ""),
    coloured(edited),
  );
  assert.equal(bare, plain(edited));
});
