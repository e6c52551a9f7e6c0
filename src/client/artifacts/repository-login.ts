import { refusal } from "./artifact-error.ts";

/** A name and a password. */
export interface RepositoryLogin {
  readonly name: string;
  readonly password: string;
}

/**
 * Takes a login out of a URL of HTTP: everyone on the machine can read a command line, and the task what a repository
 * remembers of where it came from. Throws `ArtifactError` for a login that no line of text can hold.
 */
export function loginApart(text: string): { readonly url: string; readonly login: RepositoryLogin | undefined } {
  const url = new URL(text);
  const { username, password } = url;
  if ((username === "" && password === "") || !/^https?:$/.test(url.protocol)) return { url: text, login: undefined };
  url.username = "";
  url.password = "";
  const login = { name: decodeURIComponent(username), password: decodeURIComponent(password) };
  if (/[\r\n\0]/.test(login.name + login.password)) throw refusal("the source's login holds a control character");
  return { url: url.href, login };
}
