// A transform for asc: whatever imports the host interface (abi/imports) gets its implementation on WASI (wasi/imports)
// instead. So the core stays as it is, does not know of WASI, and its calls of the host are inlined like any other.
import { NodeKind } from "assemblyscript";
import { Transform } from "assemblyscript/transform";

const DECLARED = "core-wasm/assembly/abi/imports";
const IMPLEMENTED = "core-wasm/assembly/wasi/imports";

export default class WasiImports extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) {
      for (const statement of source.statements) {
        if (statement.kind === NodeKind.Import && statement.internalPath === DECLARED) {
          statement.internalPath = IMPLEMENTED;
        }
      }
    }
  }
}
