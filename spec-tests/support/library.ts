// The library's modules on the runtime this runs on, for programs that give it another host (`installHost`) or look
// behind its classes: the one file a host that is published keeps its modules to itself.
import type * as Library from "../../hosts/node/index.ts";

const IMPORTS = {
  node: () => import("../../hosts/node/index.ts"),
  deno: () => import("../../hosts/deno/index.ts"),
  bun: () => import("../../hosts/bun/index.ts"),
};
const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

export const library: typeof Library = await IMPORTS[runtime]();
