import { coreModule } from "../../hosts/bun/wasm-module.ts";
import { CoreSubject } from "../suite/core-subject.ts";
import { serve } from "./serve.ts";

await serve(new CoreSubject("bun", await coreModule(), "later"));
