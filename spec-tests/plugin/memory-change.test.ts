import { PublicClientApplication } from "@azure/msal-node";
import { test } from "vitest";
import { CLIENT } from "./fixtures.ts";
import { checkChanges } from "./memory-change.ts";

const create = () => new PublicClientApplication({ auth: { clientId: CLIENT } }).getTokenCache();

test("what a writer has changed comes to the same as the whole of memory", () => checkChanges(create));
