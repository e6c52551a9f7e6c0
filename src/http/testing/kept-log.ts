import type { Log } from "../../runtime/index.ts";

/** A log that keeps its lines, such as `DEBUG Request /v1/jobs (0s)`. */
export class KeptLog implements Log {
  readonly lines: string[] = [];

  trace(phrase: string): void {
    this.lines.push(`TRACE ${phrase}`);
  }

  debug(phrase: string): void {
    this.lines.push(`DEBUG ${phrase}`);
  }

  info(phrase: string): void {
    this.lines.push(`INFO ${phrase}`);
  }

  warn(phrase: string): void {
    this.lines.push(`WARN ${phrase}`);
  }

  error(phrase: string): void {
    this.lines.push(`ERR ${phrase}`);
  }

  named(): Log {
    return this;
  }
}
