"""Copies the core into the package: from beside this file, or from where the repository's build leaves it."""
import shutil
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CopyCore(BuildHookInterface):
    def initialize(self, version, build_data):
        target = Path(self.root, "src/msal_extensions_wasm/core.wasi.wasm")
        for built in (Path(self.root, "core.wasi.wasm"), Path(self.root, "../../dist/core.wasi.wasm")):
            if built.exists():
                shutil.copyfile(built, target)
                return
        if not target.exists():  # it is there in an unpacked source distribution
            raise FileNotFoundError("core.wasi.wasm is missing: run npm run build")
