import { SeededRandom } from "../../base/index.ts";
import { Keyring } from "../keyring.ts";
import { decodeTags } from "../serf/tags.ts";
import { openPacket } from "../wire/packet.ts";
import { decodeSerfMessage } from "../wire/serf-messages.ts";
import { readStream } from "../wire/stream.ts";
import { Unreadable } from "../wire/unreadable.ts";
import { recorded } from "./recorded.ts";

/** What the fuzzer has seen. */
export interface FuzzReport {
  /** Inputs that were understood in part or whole. */
  readonly understood: number;
  readonly refused: number;
}

const keyring = new Keyring(Buffer.alloc(32, 7));

/**
 * Feeds `rounds` broken packets, Serf messages and tags to the decoders: recorded ones with bytes changed, cut, doubled
 * and put together, and plain noise. Throws what a decoder throws, unless it is `Unreadable`.
 */
export function fuzzPackets(rounds: number, seed: string): FuzzReport {
  const random = new SeededRandom(seed);
  const samples = packetSamples();
  let understood = 0;
  for (let round = 0; round < rounds; round++) {
    const input = broken(samples[random.below(samples.length)] as Uint8Array, random);
    const { messages } = openPacket(input, random.below(8) === 0 ? keyring : undefined);
    if (messages.length > 0) understood += 1;
    for (const message of messages) {
      if (message.kind === "user") readable(() => decodeSerfMessage(message.payload));
      if (message.kind === "alive") readable(() => decodeTags(message.node.meta));
    }
    readable(() => decodeSerfMessage(input));
  }
  return { understood, refused: rounds - understood };
}

/** The same for what comes by connections. */
export async function fuzzStreams(rounds: number, seed: string): Promise<FuzzReport> {
  const random = new SeededRandom(seed);
  const samples = [recorded.state, recorded.encryptedState, recorded.ping, recorded.ack];
  let understood = 0;
  for (let round = 0; round < rounds; round++) {
    const input = broken(samples[random.below(samples.length)] as Uint8Array, random);
    const cut = random.below(input.length + 1);
    try {
      await readStream(inTwo(input, cut), random.below(2) === 0 ? keyring : undefined);
      understood += 1;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
  }
  return { understood, refused: rounds - understood };
}

function packetSamples(): readonly Uint8Array[] {
  const { state, encryptedState, ...packets } = recorded;
  const bare = Object.values(packets).map((packet) => (packet[0] === 12 ? packet.subarray(5) : packet));
  return [...Object.values(packets), ...bare];
}

function broken(sample: Uint8Array, random: SeededRandom): Uint8Array {
  if (random.below(10) === 0) return Uint8Array.from({ length: random.below(200) }, () => random.below(256));
  const bytes = Buffer.from(sample);
  for (let change = random.below(6); change > 0; change--) {
    const at = random.below(bytes.length);
    bytes[at] = random.below(2) === 0 ? random.below(256) : (bytes[at] as number) ^ (1 << random.below(8));
  }
  const start = random.below(20) === 0 ? random.below(bytes.length) : 0;
  const end = random.below(4) === 0 ? random.below(bytes.length + 1) : bytes.length;
  const part = bytes.subarray(start, Math.max(start, end));
  return random.below(20) === 0 ? Buffer.concat([part, part]) : part;
}

function readable(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
}

async function* inTwo(bytes: Uint8Array, cut: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, cut);
  yield bytes.subarray(cut);
}
