import { test } from "bun:test";
import * as msal from "@azure/msal-node";
import * as library from "../../hosts/bun/index.ts";
import { coreModule } from "../../hosts/bun/wasm-module.ts";
import { suite } from "../suite/suite.ts";

suite({ library, msal, module: await coreModule() }, test);
