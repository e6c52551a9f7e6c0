import type { Gossip, KeyReport, PoolKeys } from "./gossip.ts";
import { decodeKeyResponse, encodeKeyRequest, type KeyOperation, type KeyResponse } from "./serf/key-messages.ts";
import { Unreadable } from "./wire/unreadable.ts";

/** Asks all members to change their keys, or what keys they have. */
export function poolKeys(gossip: Pick<Gossip, "query" | "members">): PoolKeys {
  const ask = async (operation: KeyOperation, key: Uint8Array): Promise<KeyReport> => {
    const members = gossip.members().filter(({ Status }) => Status === "alive").length;
    const { answers } = await gossip.query(`_serf_${operation}`, {
      payload: encodeKeyRequest(key),
      enoughAnswers: members,
    });
    return report(members, answers);
  };
  return {
    list: () => ask("list-keys", new Uint8Array()),
    install: (key) => ask("install-key", key),
    use: (key) => ask("use-key", key),
    remove: (key) => ask("remove-key", key),
  };
}

function report(members: number, answers: ReadonlyMap<string, Uint8Array>): KeyReport {
  const problems = new Map<string, string>();
  const keys = new Map<string, number>();
  const primaryKeys = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const [name, payload] of answers) {
    const response = readable(payload);
    if (!response.ok || response.message !== "") problems.set(name, response.message);
    for (const key of response.keys) count(keys, key);
    if (response.primaryKey !== "") count(primaryKeys, response.primaryKey);
  }
  return { members, answers: answers.size, problems, keys, primaryKeys };
}

function readable(payload: Uint8Array): KeyResponse {
  try {
    return decodeKeyResponse(payload);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, message: error.message, keys: [], primaryKey: "" };
  }
}
