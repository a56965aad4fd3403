// The runner of the JavaScript hosts: the same program under Node.js (from dist), Deno and Bun.
import { coreModule } from "../../hosts/node/wasm-module.ts";
import { CoreSubject } from "../suite/core-subject.ts";
import { serve } from "./serve.ts";

await serve(new CoreSubject("javascript", coreModule(), "later"));
