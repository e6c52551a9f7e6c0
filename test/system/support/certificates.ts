import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why no certificates can be made here; false when they can. */
export function noOpenssl(): string | false {
  return spawnSync("openssl", ["version"]).status === 0 ? false : "Debian's openssl is needed";
}

/** An authority, a server's certificate for 127.0.0.1 and a client's, in a directory of their own: `ca.pem`, `server.key` … */
export function certificates() {
  const directory = mkdtempSync(join(tmpdir(), "nomad-certificates-"));
  const at = (name: string) => join(directory, name);
  const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", "2");
  writeFileSync(at("names"), "subjectAltName=IP:127.0.0.1");
  for (const name of ["server", "client"]) {
    openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"];
    openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signed);
  }
  const text = (name: string) => readFileSync(at(name), "utf8");
  return { at, text, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}
