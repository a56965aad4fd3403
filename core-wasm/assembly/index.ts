// The module: what docs/host-interface.md says, and nothing else.

export {
  abi_version,
  alloc,
  clear,
  commit,
  complete,
  configure,
  configure_cipher,
  inspect,
  load,
  lock,
  merge,
  poll,
  renew,
  reset,
  result,
  salvage,
  unlock,
  update,
} from "./abi/exports";
