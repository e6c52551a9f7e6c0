/** Which of a task's two outputs. */
export type LogType = "stdout" | "stderr";

/** Where all tasks of an allocation write their output, below the allocation's directory. */
export const logDirectory = "alloc/logs";

/** The name of the log file that has this index, within the log directory. */
export function logFileName(task: string, type: LogType, index: number): string {
  return `${task}.${type}.${index}`;
}

/** The indexes of a task's log files among the names of a directory, ascending. */
export function logFileIndexes(names: readonly string[], task: string, type: LogType): readonly number[] {
  const prefix = `${task}.${type}.`;
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((index) => /^(0|[1-9][0-9]{0,14})$/.test(index))
    .map(Number)
    .sort((a, b) => a - b);
}
