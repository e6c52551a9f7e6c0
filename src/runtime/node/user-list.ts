import { readFileSync, statSync } from "node:fs";

/** A user's ids. */
export interface UserIDs {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The machine's own user list. It is read again when another file, or another time or length of it, stands under its
 * name: each start of a task asks several times.
 */
export class UserList {
  readonly #path: string;
  #seen = "";
  #users: ReadonlyMap<string, UserIDs> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  find(name: string): UserIDs | undefined {
    const { dev, ino, mtimeNs, ctimeNs, size } = statSync(this.#path, { bigint: true });
    const now = [dev, ino, mtimeNs, ctimeNs, size].join(" ");
    if (now !== this.#seen) {
      this.#users = parseUsers(readFileSync(this.#path, "utf8"));
      this.#seen = now;
    }
    return this.#users.get(name);
  }
}

/** Of two lines with one name the first counts. */
function parseUsers(text: string): ReadonlyMap<string, UserIDs> {
  const lines = text.split("\n").map((line) => line.split(":"));
  const whole = lines.filter(({ length }) => length > 3);
  const users = whole.map(([name = "", , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }] as const);
  return new Map(users.reverse());
}
