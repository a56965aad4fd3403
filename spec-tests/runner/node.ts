import { coreModule } from "../../hosts/node/wasm-module.ts";
import { CoreSubject } from "../suite/core-subject.ts";
import { serve } from "./serve.ts";

await serve(new CoreSubject("node", await coreModule(), "later"));
