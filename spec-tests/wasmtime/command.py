"""`wasmtime run --dir FOLDER::. msal-cache.wasm ARGUMENTS`, for where there is wasmtime's library and not its program: command.py FOLDER ARGUMENTS"""

import sys

from core import ROOT
from wasmtime import Engine, ExitTrap, Linker, Module, Store, WasiConfig


def main(folder, *arguments):
    store = Store(Engine())
    linker, config = Linker(store.engine), WasiConfig()
    config.argv = ["msal-cache", *arguments]
    config.inherit_stdout()
    config.inherit_stderr()
    config.preopen_dir(folder, ".")
    linker.define_wasi()
    store.set_wasi(config)
    module = Module.from_file(store.engine, str(ROOT / "dist/msal-cache.wasm"))
    linker.instantiate(store, module).exports(store)["_start"](store)


try:
    main(*sys.argv[1:])
except ExitTrap as trap:
    sys.exit(trap.code)
