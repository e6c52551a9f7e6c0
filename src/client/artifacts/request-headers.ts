import { formatRfc3339, type Instant } from "../../base/index.ts";
import { refusal } from "./artifact-error.ts";
import type { S3Access } from "./artifact-source.ts";

type Headers = Readonly<Record<string, string>>;

/** What frames a request is not a job's to say. */
const framing: ReadonlySet<string> = new Set([
  ...["connection", "content-length", "expect", "host", "if-range", "keep-alive", "proxy-authorization", "range"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
]);

/**
 * The job's headers, for the server that the job names and for no other that it redirects to: they may hold credentials.
 * User and password in a URL become a header. Throws `ArtifactError` for a header that cannot be sent.
 */
export function jobHeaders(first: URL, headers: Headers): (url: URL) => Promise<Headers> {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || framing.has(name.toLowerCase())) {
      throw refusal(`the header ${JSON.stringify(name)} cannot be set`);
    }
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw refusal(`the header ${JSON.stringify(name)} has an invalid value`);
  }
  return async (url) => (url.origin === first.origin ? { ...authorization(url), ...headers } : authorization(url));
}

function authorization({ username, password }: URL): Headers {
  if (username === "" && password === "") return {};
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { Authorization: `Basic ${credentials.toString("base64")}` };
}

/** The agent's own credentials and the time at which a request is signed. */
export interface SigningContext {
  readonly environment: Headers;
  readonly now: () => Instant;
}

/**
 * Headers by which S3 knows who asks: signed with what the job says or, for Amazon's own hosts over TLS, with what is in the
 * agent's environment. Without either a request is not signed, as public buckets take it. A redirect is signed within
 * the same host, and among Amazon's own.
 */
export function s3Headers(first: URL, access: S3Access, context: SigningContext): (url: URL) => Promise<Headers> {
  const keys = credentials(first, access, context.environment);
  const region = access.region || regionOf(first.hostname);
  return async (url) => {
    if (keys === undefined || !isSameService(url, first)) return {};
    const { AwsV4Signer } = await import("aws4fetch");
    const signed = await new AwsV4Signer({
      ...keys,
      ...{ method: "GET", url: url.href, service: "s3", region: regionOf(url.hostname) ?? region ?? "us-east-1" },
      datetime: formatRfc3339(context.now()).replace(/[-:]|\.\d+/g, ""),
    }).sign();
    return Object.fromEntries(signed.headers);
  };
}

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

function credentials(url: URL, access: S3Access, environment: Headers): Keys | undefined {
  if (access.keyID !== "" || access.secretKey !== "") {
    return { accessKeyId: access.keyID, secretAccessKey: access.secretKey, sessionToken: access.token || undefined };
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = environment;
  if (accessKeyId === "" || secretAccessKey === "" || !isAmazon(url)) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN || undefined };
}

function isAmazon(url: URL): boolean {
  return url.protocol === "https:" && /\.amazonaws\.com(\.cn)?$/.test(url.hostname);
}

function isSameService(url: URL, first: URL): boolean {
  return url.origin === first.origin || (isAmazon(url) && isAmazon(first));
}

/** The region in one of Amazon's names; undefined where there is none. */
function regionOf(hostname: string): string | undefined {
  return /(?:^|\.)s3[.-](?:dualstack\.)?([a-z]{2}[a-z0-9-]*-\d)\.amazonaws\.com(?:\.cn)?$/.exec(hostname)?.[1];
}
