import { createRequire } from "node:module";
import type * as Msal from "@azure/msal-node";
import { beforeAll, test } from "vitest";
import { CLIENT } from "../plugin/fixtures.ts";
import { checkChanges } from "../plugin/memory-change.ts";
import { buildFamily, isThere } from "./family.ts";

beforeAll(buildFamily, 300_000);

test.skipIf(!isThere("node"))(
  "what a writer has changed in the memory of the peer's msal-node comes to the same as the whole of it",
  () => {
    const require = createRequire(new URL("../../.family/node-peer/package.json", import.meta.url));
    const { PublicClientApplication } = require("@azure/msal-node") as typeof Msal;
    checkChanges(() => new PublicClientApplication({ auth: { clientId: CLIENT } }).getTokenCache());
  },
);
