"""What is kept of the compiling. It is run, so whatever is not known to be this user's, and whole, is compiled anew."""
import os
import stat
import subprocess
import sys

import pytest
import wasmtime

from msal_extensions_wasm.compiled_core import FOLDER, compile_core

MODULE = wasmtime.wat2wasm('(module (func (export "answer") (result i32) i32.const 42))')
OTHER = wasmtime.wat2wasm('(module (func (export "answer") (result i32) i32.const 41))')

pytestmark = pytest.mark.skipif(os.name != "posix", reason="nothing is kept on Windows")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def answer(compiling):
    """Runs the module, which has to be compiled for it or has not."""
    compiled = []
    engine = wasmtime.Engine()
    original = wasmtime.Module.__init__

    def counted(self, *arguments):
        compiled.append(True)
        original(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wasmtime.Module, "__init__", counted)
        module = compile_core(engine, MODULE)
    assert bool(compiled) == compiling
    store = wasmtime.Store(engine)
    return wasmtime.Instance(store, module, []).exports(store)["answer"](store)


def kept(home):
    [file] = (home / ".cache" / FOLDER).iterdir()
    return file


def test_is_compiled_once_and_private(home):
    assert answer(compiling=True) == 42
    assert stat.S_IMODE(kept(home).parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept(home).stat().st_mode) == 0o600
    assert answer(compiling=False) == 42


def test_of_each_core_its_own(home):
    compile_core(wasmtime.Engine(), OTHER)
    assert answer(compiling=True) == 42
    assert len(list((home / ".cache" / FOLDER).iterdir())) == 2


def damage(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def of_another_engine(file):
    config = wasmtime.Config()
    config.consume_fuel = True
    file.unlink()
    compile_core(wasmtime.Engine(config), MODULE)


@pytest.mark.parametrize(
    "change",
    [
        damage,
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(b""),
        lambda file: file.chmod(0o620),
        lambda file: file.chmod(0o602),
        of_another_engine,
    ],
    ids=["damaged", "cut off", "empty", "the group can write", "others can write", "of another engine"],
)
def test_what_is_not_to_be_trusted_is_compiled_anew_and_replaced(home, change):
    answer(compiling=True)
    change(kept(home))
    assert answer(compiling=True) == 42
    assert answer(compiling=False) == 42
    assert stat.S_IMODE(kept(home).stat().st_mode) == 0o600


def test_a_link_is_not_followed(home):
    answer(compiling=True)
    file = kept(home)
    file.rename(home / "elsewhere")
    file.symlink_to(home / "elsewhere")
    assert answer(compiling=True) == 42


@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="needs the user root")
class TestOfSomebodyElse:
    def test_a_file_is_not_run(self, home):
        answer(compiling=True)
        os.chown(kept(home), 12345, 12345)
        assert answer(compiling=True) == 42

    def test_a_home_is_left_alone(self, home):
        os.chown(home, 12345, 12345)
        assert answer(compiling=True) == 42
        assert os.listdir(home) == []


def test_where_nothing_can_be_kept_it_is_compiled(home, monkeypatch):
    (home / "file").touch()
    for variable, value in [("HOME", "/proc/none"), ("XDG_CACHE_HOME", str(home / "file")), ("XDG_CACHE_HOME", "relative")]:
        monkeypatch.setenv(variable, value)
        assert answer(compiling=True) == 42


def test_many_at_once(home):
    (home / "module.wasm").write_bytes(MODULE)
    command = [sys.executable, "-c", COMPILE, str(home / "module.wasm")]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert kept(home)
    assert answer(compiling=False) == 42


COMPILE = """
import pathlib, sys, wasmtime
from msal_extensions_wasm.compiled_core import compile_core
compile_core(wasmtime.Engine(), pathlib.Path(sys.argv[1]).read_bytes())
"""
