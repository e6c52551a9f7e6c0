/** What a worker is to run. */
export interface SeedRun {
  readonly seed: string;
  /** Whether to run it again and compare. */
  readonly twice: boolean;
}

/** What came of a seed. */
export type Outcome =
  | {
      readonly seed: string;
      readonly passed: true;
      readonly virtualSeconds: number;
      readonly processorSeconds: number;
      /** How often each kind of thing happened. */
      readonly counts: Readonly<Record<string, number>>;
    }
  | { readonly seed: string; readonly passed: false; readonly why: string };
