import { refuseOrRead } from "./decoders.ts";

/** What people write, as others may write it. */

refuseOrRead("texts");
