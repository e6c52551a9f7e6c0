import { type localRoutes, type OpenAPIDocument, openAPIDocument } from "../api/index.ts";
import type { Handler } from "./http-context.ts";

type DocumentPath = Extract<keyof typeof localRoutes, "openAPI">;

/** The description of the API, made when it is first asked for: most agents never are. */
export function documentHandlers(): Readonly<Record<DocumentPath, Handler>> {
  let document: OpenAPIDocument | undefined;
  return {
    openAPI: async () => {
      document ??= openAPIDocument();
      return { kind: "json", value: document };
    },
  };
}
