export { SimCluster } from "./sim-cluster.ts";
export { SimNetwork } from "./sim-network.ts";
export { expectedKinds, longHistory, storm } from "./storm.ts";
export { beginning, VirtualTime } from "./virtual-time.ts";
export { World } from "./world.ts";
