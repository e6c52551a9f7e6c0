import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Packr } from "msgpackr/pack";
import { dictionary } from "../base/index.ts";
import { job, taskState } from "../model/index.ts";
import { command, done } from "./command.ts";
import { allocationsClientUpdate } from "./commands/allocations-client-update.ts";
import { jobRegister } from "./commands/job-register.ts";
import { planResults } from "./commands/plan-results.ts";
import { knownFields } from "./known-records.ts";
import { decodeCommand, encodeCommand, UnreadableEntry, writeCommand } from "./log-entry.ts";
import { aJob, aNode, anAllocation, anEvaluation } from "./scripted-state.ts";

const anything = command<unknown>({ number: jobRegister.number, name: "anything", apply: () => done });
const throughLog = (value: unknown): unknown => decodeCommand(encodeCommand(anything, value, { at: 1 })).request;

/** As entries were packed before there were known records. */
function packedBefore(value: unknown): Buffer {
  const useRecords = ((object: object) => Object.getPrototypeOf(object) !== null) as never;
  return new Packr({ useRecords, variableMapSize: true }).pack(value);
}

test("an entry carries its command, its proposer's time and its request", () => {
  const at = 1_795_342_749_037_816_600;
  const decoded = decodeCommand(encodeCommand(jobRegister, { Job: aJob(), Eval: null }, { at }));
  assert.equal(decoded.command, jobRegister);
  assert.equal(decoded.context.at, at);
  assert.deepEqual(decoded.request, { Job: aJob(), Eval: null });
});

test("who has written a kept command knows what it says, unless that is read otherwise than it was given", () => {
  const job = aJob();
  const plan = (Name: string) => ({
    Job: job,
    EvalID: "e1",
    NodeUpdate: dictionary<never>(),
    NodeAllocation: dictionary([["n1", [{ ...anAllocation(), Name, Job: job }]]]),
  });
  const { data, decoded } = writeCommand(planResults, plan("web.app[0]"), { at: 1 });
  assert.deepEqual(decoded, decodeCommand(data));
  assert.equal(writeCommand(planResults, plan("\ud800"), { at: 1 }).decoded, undefined);
  assert.equal(writeCommand(jobRegister, { Job: job, Eval: null }, { at: 1 }).decoded, undefined);
});

test("who has written reports knows them as they are read, with what tasks went through packed", () => {
  const { ID, ClientDescription, DeploymentStatus, NetworkStatus } = anAllocation();
  const web = taskState.parse({ State: "running", StartedAt: "2026-11-23T00:00:00Z", Events: [{ Type: "Started" }] });
  const report = { ID, ClientStatus: "running", ClientDescription, TaskStates: dictionary([["web", web]]) };
  const Allocs = [{ ...report, DeploymentStatus, NetworkStatus }];
  const { data, decoded } = writeCommand(allocationsClientUpdate, { Allocs, Evals: [] }, { at: 1 });
  assert.ok(decoded);
  assert.deepEqual(decoded, decodeCommand(data));
  assert.deepEqual((decoded.request as { Allocs: typeof Allocs }).Allocs[0]?.TaskStates, dictionary([["web", web]]));
});

test("keys from outside stay keys", () => {
  const keys = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "1", "\u0000"];
  const Meta = dictionary(keys.map((key) => [key, `value of ${key}`] as const));
  const { Job } = throughLog({ Job: aJob({ Meta }) }) as { Job: { Meta: object } };
  assert.equal(Object.getPrototypeOf(Job.Meta), null);
  assert.deepEqual(Job.Meta, Meta);
  assert.equal(Object.getPrototypeOf(Job), Object.prototype);
});

test("keys from outside stay keys also where a value is kept as it came", () => {
  const config: unknown = JSON.parse('{"mounts":[{"__proto__":{"polluted":true},"b":{"constructor":1}}]}');
  const Config = { nested: config };
  const read = throughLog({ Job: aJob({ TaskGroups: [{ Tasks: [{ Config }] }] }) }) as { Job: ReturnType<typeof aJob> };
  assert.equal(JSON.stringify(read.Job.TaskGroups[0]?.Tasks[0]?.Config), JSON.stringify(Config));
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

test("a key that means something to the encoder spoils no record", () => {
  const config: unknown = JSON.parse('[{"a":1,"__keys__":2},{"a":1},{"__keys__":[]},{},{"a":1,"__keys__":{"b":1}}]');
  assert.equal(JSON.stringify(throughLog({ config })), JSON.stringify({ config }));
  assert.deepEqual(throughLog({ a: 1 }), { a: 1 });
});

test("a map of a hundred thousand keys and a message of many shapes are read as written", () => {
  const keys = Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, i] as const);
  assert.deepEqual(throughLog(dictionary(keys)), dictionary(keys));
  const shapes = Array.from({ length: 500 }, (_, i) => ({
    [`field${i}`]: i,
    [`other${i % 70}`]: [{ [`inner${i}`]: i }],
  }));
  assert.deepEqual(throughLog({ shapes, again: shapes }), { shapes, again: shapes });
});

test("an entry stands for itself: it can be read by a program that read nothing before", () => {
  const first = encodeCommand(jobRegister, { Job: aJob(), Eval: null }, { at: 1 });
  const second = encodeCommand(jobRegister, { Job: aJob(), Eval: null }, { at: 1 });
  assert.deepEqual(first, second);
  const structures = knownFields.map((fields) => [...fields]);
  const fresh = new Packr({ useRecords: true, structures: structures as never }).unpack(second);
  assert.equal(fresh[0], jobRegister.number);
  assert.deepEqual(Object.keys(fresh[2].Job), Object.keys(job.parse({})));
});

test("an entry that tells the names of all fields is read: those of before known records do", () => {
  const request = { Job: aJob(), Eval: null };
  const told = packedBefore([jobRegister.number, 1, request]);
  assert.ok(told.includes("TaskGroups"));
  assert.deepEqual(decodeCommand(told).request, request);
  assert.deepEqual(throughLog(request), request, "and the next is not taken for one like it");
});

test("what an entry says of its own records holds for no other entry, whatever it calls them", () => {
  const requests = [{ Evals: [anEvaluation()] }, { Node: aNode(), Evals: [] }, { Job: aJob(), Eval: null }];
  const entries = requests.map((request) => Buffer.from(encodeCommand(anything, request, { at: 1 })));
  const shapes = Array.from({ length: 60 }, (_, i) => ({ [`field${i}`]: i }));
  const ofBefore = packedBefore([jobRegister.number, 1, shapes]);
  assert.deepEqual(decodeCommand(ofBefore).request, shapes);
  assert.throws(() => decodeCommand(ofBefore.subarray(0, -1)), UnreadableEntry);
  for (const [i, request] of requests.entries()) {
    assert.deepEqual(decodeCommand(entries[i]!).request, request);
    assert.ok(entries[i]!.equals(encodeCommand(anything, request, { at: 1 })));
  }
});

test("records that are logged often tell no names of their fields", () => {
  const job = aJob();
  const placed = { ...anAllocation(), Job: job };
  const requests = [
    { Job: job, Eval: anEvaluation() },
    { Job: job, EvalID: "e", NodeUpdate: dictionary(), NodeAllocation: dictionary([["n", [placed]]]) },
    { Node: aNode(), Evals: [anEvaluation()] },
  ];
  const fields = [job, job.TaskGroups[0]!, anEvaluation(), placed, aNode()].flatMap((record) => Object.keys(record));
  for (const request of requests) {
    const entry = Buffer.from(encodeCommand(anything, request, { at: 1 })).toString("latin1");
    // Short names may stand there by chance, or as values.
    const named = fields.filter((field) => field.length > 8 && entry.includes(field));
    assert.deepEqual(named, []);
  }
});

test("what is known is known for ever: a program reads what one of before has logged", () => {
  const sum = createHash("sha256")
    .update(JSON.stringify(knownFields.slice(0, 29)))
    .digest("hex");
  assert.equal(sum, "a23bfa4748c1909bbd8fe2d5e4e313a4895cf8b6a55f239bc0a9d7d0135c6bdc", "add to the end of the list");
});

test("what is empty takes no room of its own and cannot be written to", () => {
  const { Job } = throughLog({ Job: aJob() }) as { Job: ReturnType<typeof aJob> };
  assert.equal(Job.Meta, Job.TaskGroups[0]?.Meta);
  assert.equal(Job.Constraints, Job.Datacenters);
  assert.throws(() => Reflect.apply(Array.prototype.push, Job.Constraints, [1]), TypeError);
});

test("an entry of an unknown type is refused with its number", () => {
  const unknown = encodeCommand(command<object>({ number: 99, name: "", apply: () => done }), {}, { at: 1 });
  assert.throws(() => decodeCommand(unknown), { name: "UnreadableEntry", message: /unknown type "99"/ });
});

test("bytes that are no entry are refused, wherever an entry is cut or changed", () => {
  const entry = encodeCommand(jobRegister, { Job: aJob(), Eval: null }, { at: 1 });
  for (let length = 1; length < entry.length; length++) {
    assert.throws(() => decodeCommand(entry.subarray(0, length)), UnreadableEntry, `${length} bytes`);
  }
  assert.throws(() => decodeCommand(new Packr().pack({ number: 4 })), UnreadableEntry);
  assert.throws(() => decodeCommand(new Packr().pack([4, "now", {}])), UnreadableEntry);
  for (const number of [dictionary(), [], null, "4"]) {
    assert.throws(() => decodeCommand(new Packr().pack([number, 1, {}])), UnreadableEntry);
  }
});
