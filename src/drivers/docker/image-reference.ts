import { DriverStartError } from "../driver.ts";

/** An image by name and tag, or by name and digest. */
export interface ImageReference {
  /** With the registry, if one is named: `registry.example.com:5000/team/app`. */
  readonly repository: string;
  /** `latest` if none is named; a digest such as `sha256:…` if the image is named by one. */
  readonly tag: string;
  /** How the engine is asked for it. */
  readonly name: string;
}

const part = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const registry = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?$/;
const tagName = /^\w[\w.-]{0,127}$/;
const digestName = /^[A-Za-z0-9+._-]+:[0-9a-fA-F]{32,}$/;

/** Takes the name of an image apart. Throws `DriverStartError` when it is none, so that it can stand in a path. */
export function imageReference(image: string): ImageReference {
  const at = image.indexOf("@");
  const named = at < 0 ? image : image.slice(0, at);
  const digest = at < 0 ? undefined : image.slice(at + 1);
  // A colon before the last slash belongs to the registry's port.
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const repository = colon < 0 ? named : named.slice(0, colon);
  const tag = digest ?? (colon < 0 ? "latest" : named.slice(colon + 1));
  const [first = "", ...rest] = repository.split("/");
  const isWhole =
    rest.every((each) => part.test(each)) &&
    (rest.length > 0 ? registry.test(first) : part.test(first)) &&
    (digest === undefined ? tagName.test(tag) : digestName.test(tag));
  if (!isWhole) throw new DriverStartError(`invalid image name ${JSON.stringify(image)}`);
  return { repository, tag, name: `${repository}${digest === undefined ? ":" : "@"}${tag}` };
}
