import { firstOf, minutes, seconds, withEither } from "../../base/index.ts";
import { type Clock, pause } from "../../runtime/index.ts";
import { DriverStartError } from "../driver.ts";
import { type Engine, EngineRefusal } from "./engine.ts";
import type { ImageReference } from "./image-reference.ts";
import { PullProgress } from "./pull-progress.ts";

/** A registry that sends nothing for so long is given up. */
const stallLimit = minutes(5);
/** How often people are told how far it is. */
const tellEvery = seconds(30);

/** What the engine or the registry says of an image that is not there, or not for us. */
const final =
  /image .+ not found|not found: manifest unknown|manifest for .+ not found|manifest unknown|access denied|unauthorized|no basic auth credentials|invalid reference|does not exist/i;

/** An image to be had. */
export interface WantedImage {
  readonly reference: ImageReference;
  /** Gets it by other means than pulling, every time. */
  readonly load: (() => Promise<void>) | undefined;
  /** Who we are at its registry. */
  readonly login: string | undefined;
  readonly tell: (message: string) => void;
  /** Ends the wait for a pull, which others may wait for too. */
  readonly signal: AbortSignal;
}

/**
 * The images that tasks use. One that several tasks want at once is pulled once; one that no task uses any more is
 * removed if the operator wishes so.
 */
export class Images {
  readonly #clock: Clock;
  readonly #engine: Engine;
  readonly #isRemoved: boolean;
  /** How many tasks use an image, by its id. */
  readonly #users = new Map<string, number>();
  readonly #pulls = new Map<string, Promise<void>>();
  /** Looking at an image and taking it never comes between a look at its users and its removal. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock, engine: Engine, options: { readonly removeUnused: boolean }) {
    this.#clock = clock;
    this.#engine = engine;
    this.#isRemoved = options.removeUnused;
  }

  /** Has the image in the engine, and keeps it there until `release`. Gives its id. Throws `DriverStartError`. */
  async take(wanted: WantedImage): Promise<string> {
    const { reference, load } = wanted;
    const isNewAnywhere = reference.tag === "latest";
    if (load !== undefined) await load();
    const there = load === undefined && isNewAnywhere ? undefined : await this.#takeIfThere(reference);
    if (there !== undefined) return there;
    if (load !== undefined) throw new DriverStartError(`image "${reference.name}" is not in the archives of "load"`);
    await this.#pull(wanted);
    const pulled = await this.#takeIfThere(reference);
    if (pulled !== undefined) return pulled;
    throw new DriverStartError(`Failed to pull \`${reference.name}\`: the engine does not have it afterwards`, {
      recoverable: true,
    });
  }

  /** Counts a task that has the image already. */
  keep(id: string): void {
    this.#users.set(id, (this.#users.get(id) ?? 0) + 1);
  }

  /** A task has no more use for the image. That it cannot be removed, for others use it too, is fine. */
  async release(id: string): Promise<void> {
    await this.#inTurn(async () => {
      const left = (this.#users.get(id) ?? 1) - 1;
      if (left > 0) this.#users.set(id, left);
      else this.#users.delete(id);
      if (left > 0 || !this.#isRemoved) return;
      await this.#engine.removeImage(id).catch((error) => {
        if (!(error instanceof EngineRefusal)) throw error;
      });
    });
  }

  #takeIfThere({ name }: ImageReference): Promise<string | undefined> {
    return this.#inTurn(async () => {
      const id = await this.#engine.imageID(name);
      if (id !== undefined) this.keep(id);
      return id;
    });
  }

  /** Those who come while an image is pulled wait for it too. */
  async #pull(wanted: WantedImage): Promise<void> {
    const key = `${wanted.reference.name} ${wanted.login ?? ""}`;
    let pull = this.#pulls.get(key);
    if (pull === undefined) {
      pull = this.#pullNow(wanted).finally(() => this.#pulls.delete(key));
      this.#pulls.set(key, pull);
    }
    wanted.tell(`Downloading image ${wanted.reference.name}`);
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    pull.then(over, over);
    await firstOf(wanted.signal, (happened) => {
      pull.then(happened, happened);
      return () => {};
    });
    if (!isOver)
      throw new DriverStartError(`Gave up pulling \`${wanted.reference.name}\`: the task is not wanted any more`);
    await pull;
  }

  async #pullNow({ reference, login, tell }: WantedImage): Promise<void> {
    const stalled = new AbortController();
    const over = new AbortController();
    const progress = new PullProgress();
    let heard = 0;
    const watch = withEither([over.signal], async (signal) => {
      let [quietSince, last] = [this.#clock.now(), heard];
      while (await pause(this.#clock, tellEvery, signal)) {
        if (heard !== last) [quietSince, last] = [this.#clock.now(), heard];
        else if (this.#clock.now() - quietSince >= stallLimit) stalled.abort(new Error("nothing came for 5m"));
        const message = progress.describe();
        if (message !== undefined) tell(`Image pull progress: ${message}`);
      }
    });
    try {
      for await (const message of this.#engine.pull({ ...reference, login }, stalled.signal)) {
        heard++;
        progress.hear(message);
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const recoverable = !(cause instanceof EngineRefusal && (final.test(reason) || cause.status === 404));
      throw new DriverStartError(`Failed to pull \`${reference.name}\`: ${reason}`, { cause, recoverable });
    } finally {
      over.abort();
      await watch;
    }
  }

  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
