import * as msal from "@azure/msal-node";
import { test } from "vitest";
import * as library from "../../hosts/node/index.ts";
import { coreModule } from "../../hosts/node/wasm-module.ts";
import { suite } from "../suite/suite.ts";

suite({ library, msal, module: await coreModule() }, test);
