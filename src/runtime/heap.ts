/** The memory in which a process keeps its objects. */
export interface Heap {
  /** How much may be kept, in bytes: beyond it the process is ended by its engine, in the middle of whatever it does. */
  readonly limitBytes: number;
  /** Tells, after each collection of all garbage, what is still kept, in bytes. The returned function ends that. */
  onCollected(tell: (keptBytes: number) => void): () => void;
  /** Has all garbage collected soon, though nothing asks for room. */
  collect(): void;
  /**
   * From now on new objects may have all the room that the process was started with, and not only as much as suits one
   * with little to do: room that is given is hardly taken back, but with more of it they are collected less often. And all is
   * collected when heap and buffers together have grown by a part of what they are, not by a fixed amount of buffers.
   */
  expectMuch(): void;
}
