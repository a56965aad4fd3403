import { coreModule } from "../../hosts/deno/wasm-module.ts";
import { CoreSubject } from "../suite/core-subject.ts";
import { serve } from "./serve.ts";

await serve(new CoreSubject("deno", await coreModule(), "later"));
