import { localRoute } from "./route.ts";

/** All routes in one document, for programs that make clients of it. */
export const openAPI = localRoute<Readonly<Record<string, unknown>>>()({ verbs: ["GET"], path: "/v1/openapi.json" });
