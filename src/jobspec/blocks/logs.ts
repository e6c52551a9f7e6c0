import { asInteger, type Body, checkKeys, onlyBlockOf, readFields } from "../../hcl/index.ts";
import { defaultLogConfig } from "../../model/index.ts";

const fields = { max_files: asInteger, max_file_size: asInteger } as const;

/** The `logs` block, or the defaults. */
export function readLogs(body: Body) {
  const block = onlyBlockOf(body, "logs", "only one 'logs' block allowed per task");
  if (block === undefined) return defaultLogConfig;
  checkKeys(block.body, Object.keys(fields));
  const { max_files, max_file_size } = readFields(block.body, fields);
  return {
    MaxFiles: max_files ?? defaultLogConfig.MaxFiles,
    MaxFileSizeMB: max_file_size ?? defaultLogConfig.MaxFileSizeMB,
  };
}
