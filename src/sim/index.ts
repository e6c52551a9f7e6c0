export { SimCluster } from "./sim-cluster.ts";
export { SimNetwork } from "./sim-network.ts";
export { storm } from "./storm.ts";
export { beginning, VirtualTime } from "./virtual-time.ts";
export { World } from "./world.ts";
