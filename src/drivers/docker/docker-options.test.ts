import assert from "node:assert/strict";
import { test } from "node:test";
import { dockerConfig } from "./docker-config.ts";
import { dockerOptions, refuseForbidden } from "./docker-options.ts";

const told = (options: Readonly<Record<string, string>>) => dockerOptions({ options, chrootEnv: {} });

test("nothing is allowed, and images are removed, unless the operator says otherwise", () => {
  assert.deepEqual(told({}), {
    privilegedEnabled: false,
    volumesEnabled: false,
    seLinuxLabel: "",
    removesImages: true,
    loginFile: undefined,
  });
  const all = { "docker.privileged.enabled": "1", "docker.volumes.enabled": "T", "docker.cleanup.image": "false" };
  assert.deepEqual(told({ ...all, "docker.volumes.selinuxlabel": "z", "docker.auth.config": "/f" }), {
    privilegedEnabled: true,
    volumesEnabled: true,
    seLinuxLabel: "z",
    removesImages: false,
    loginFile: "/f",
  });
});

const forbidden: readonly (readonly [object, string])[] = [
  [{ privileged: true }, "Docker privileged mode is disabled on this Nomad agent"],
  [{ pid_mode: "host" }, 'Docker pid_mode "host" is disabled on this Nomad agent'],
  [{ ipc_mode: "host" }, 'Docker ipc_mode "host" is disabled on this Nomad agent'],
  [{ uts_mode: "host" }, 'Docker uts_mode "host" is disabled on this Nomad agent'],
  [{ pid_mode: "container:other" }, 'Docker pid_mode "container:other" is disabled on this Nomad agent'],
];
for (const [config, message] of forbidden) {
  test(`T37: ${JSON.stringify(config)} needs the operator's leave`, () => {
    const read = dockerConfig.parse({ image: "x", ...config });
    assert.throws(() => refuseForbidden(read, told({})), { name: "DriverStartError", message });
    refuseForbidden(read, told({ "docker.privileged.enabled": "true" }));
  });
}

test("what concerns the container alone needs nobody's leave", () => {
  refuseForbidden(dockerConfig.parse({ image: "x", ipc_mode: "private", network_mode: "host" }), told({}));
});
