import * as msal from "@azure/msal-node";
import * as library from "../../hosts/deno/index.ts";
import { coreModule } from "../../hosts/deno/wasm-module.ts";
import { suite } from "../suite/suite.ts";

suite({ library, msal, module: coreModule() }, (name, test) => Deno.test(name, test));
