import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "../testing/console.ts";

const variables = { HOME: "/home/ann" };
const [bashrc, zshrc, fish] = [
  "/home/ann/.bashrc",
  "/home/ann/.zshrc",
  "/home/ann/.config/fish/completions/nomad.fish",
];
const files = { [bashrc]: "alias ll='ls -l'", [zshrc]: "", "/home/ann/.config/fish": "" };
const line = "complete -o default -C /opt/nomad/bin/nomad nomad";

test("every shell that the user has is told once, and nothing else of its file changes", async () => {
  const { code, out, written } = await ran("-autocomplete-install", { variables, userFiles: files });
  assert.equal(code, 0);
  assert.equal(out.split("\n").length, 4);
  assert.equal(written.get(bashrc), `alias ll='ls -l'\n${line}\n`);
  assert.match(written.get(zshrc) ?? "", /^autoload .*bashcompinit # nomad\ncomplete .* nomad\n$/);
  assert.match(written.get(fish) ?? "", /^function __complete_nomad\n[\s\S]*complete -c nomad /);

  const again = await ran("-autocomplete-install", {
    variables,
    userFiles: { ...files, ...Object.fromEntries(written) },
  });
  assert.deepEqual([again.code, again.written.size], [0, 0]);
  assert.match(again.out, /^bash: already installed/);
});

test("the line of a program that stood elsewhere is replaced", async () => {
  const userFiles = { [bashrc]: "a\ncomplete -C /old/nomad nomad\nb\n" };
  const { written } = await ran("-autocomplete-install", { variables, userFiles });
  assert.equal(written.get(bashrc), `a\nb\n${line}\n`);
});

test("what was installed is taken back, and the rest of the file is left", async () => {
  const userFiles = { [bashrc]: `a\n${line}\nb`, [zshrc]: "mine\n" };
  const { code, out, written } = await ran("-autocomplete-uninstall", { variables, userFiles });
  assert.deepEqual([code, written.get(bashrc), written.has(zshrc)], [0, "a\nb", false]);
  assert.equal(out, "bash: removed from ~/.bashrc\nzsh: was not installed\n");
});

test("lines of programs whose names begin like ours are left as they are", async () => {
  const theirs = "complete -C /usr/bin/nomad-pack nomad-pack\nautoload -U +X bashcompinit # nomad-pack\n";
  const userFiles = { [bashrc]: theirs };
  const { written } = await ran("-autocomplete-install", { variables, userFiles });
  assert.equal(written.get(bashrc), `${theirs}${line}\n`);
  const back = await ran("-autocomplete-uninstall", { variables, userFiles: { [bashrc]: `${theirs}${line}\n` } });
  assert.equal(back.written.get(bashrc), theirs);
  assert.equal((await ran("-autocomplete-uninstall", { variables, userFiles })).written.size, 0);
});

test("without a shell there is nothing to do, and it is said", async () => {
  for (const given of [variables, {}]) {
    const { code, err } = await ran("-autocomplete-install", { variables: given });
    assert.equal(code, 1);
    assert.match(err, /^Error: found no shell to complete for/);
  }
});
