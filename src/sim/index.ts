export { beginning } from "./virtual-time.ts";
export { World } from "./world.ts";
