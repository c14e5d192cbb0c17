"""The stand-in's C sources, compiled to the libraries that pynvml and the plugin load."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "source"
CUDA_SOURCE = Path(__file__).parent / "cuda"
SONAME = "libnvidia-ml.so.1"
CUDA_SONAME = "libcuda.so.1"


def compiler() -> str | None:
    """The C compiler to use, if there is one."""
    for name in filter(None, (os.environ.get("CC"), "cc", "gcc", "clang")):
        if path := shutil.which(name):
            return path
    return None


def compile_library(directory: Path, *flags: str) -> Path:
    """Build NVML's library, and CUDA's beside it; skip the test where that cannot work."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the stand-in for NVML needs Linux")
    cc = compiler()
    if cc is None:
        pytest.skip("the stand-in for NVML needs a C compiler (cc, gcc or clang; or set CC)")
    for soname, source in ((CUDA_SONAME, CUDA_SOURCE), (SONAME, SOURCE)):
        command = [cc, "-std=gnu11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-pthread"]
        command += ["-Wall", "-Wextra", *flags, f"-Wl,-soname,{soname}"]
        command += ["-o", str(directory / soname), *map(str, sorted(source.glob("*.c"))), "-lm"]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode:
            raise RuntimeError(f"the stand-in for {soname} does not compile:\n{built.stderr}")
    return directory / SONAME
