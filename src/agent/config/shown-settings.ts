import type { Settings } from "./settings.ts";

/** The settings as anyone may see them: of a secret it is only told that it is there. */
export function shownSettings(settings: Settings): Settings {
  const { Consul, Server, Telemetry } = settings;
  return {
    ...settings,
    Server: { ...Server, EncryptKey: redacted(Server.EncryptKey) },
    Consul: { ...Consul, Token: redacted(Consul.Token), Auth: redacted(Consul.Auth) },
    Telemetry: { ...Telemetry, CirconusAPIToken: redacted(Telemetry.CirconusAPIToken) },
  };
}

function redacted(secret: string): string {
  return secret === "" ? "" : "<redacted>";
}
