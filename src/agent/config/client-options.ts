import type { ArtifactSettings, Settings } from "./settings.ts";

const artifactOptions: Readonly<Record<keyof ArtifactSettings, string>> = {
  HTTPReadTimeout: "artifact.http_read_timeout",
  HTTPMaxSize: "artifact.http_max_size",
  GitTimeout: "artifact.git_timeout",
  HgTimeout: "artifact.hg_timeout",
  S3Timeout: "artifact.s3_timeout",
  DecompressionSizeLimit: "artifact.decompression_size_limit",
  DecompressionFileCountLimit: "artifact.decompression_file_count_limit",
};

/** The client's options, with what files say in the block `artifact` as options too: the block goes first. */
export function clientOptions({ Client }: Settings): Readonly<Record<string, string>> {
  const said = Object.entries(artifactOptions).flatMap(([setting, option]) => {
    const value = Client.Artifact[setting as keyof ArtifactSettings];
    return value === undefined ? [] : [[option, String(value)] as const];
  });
  return { ...Client.Options, ...Object.fromEntries(said) };
}
