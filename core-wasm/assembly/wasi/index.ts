// The module for embedders: what docs/wasi.md says, and nothing else.

export {
  abi_version,
  alloc,
  clear,
  commit,
  identify,
  inspect,
  load,
  merge,
  open,
  renew,
  request,
  reset,
  result,
  resume,
  salvage,
  update,
  wasi_version,
} from "./exports";
