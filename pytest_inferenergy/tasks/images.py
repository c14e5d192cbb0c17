"""Images: drawn by the package, read from files, and decoded in the call as a service does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.tasks.extras import need

WIDTH, HEIGHT = 640, 480
"""The size to which the study brought all images."""


def draw(number: int) -> NDArray[np.uint8]:
    """A picture of 480 rows and 640 columns in RGB: a sky, a ground, some things, a little grain.

    Made of integers only, so that it is the same on every machine.
    """
    random = np.random.Generator(np.random.PCG64(number))
    row, column = np.mgrid[:HEIGHT, :WIDTH]
    near, far = random.integers(0, 256, (2, 3))
    picture: NDArray[np.int64] = near * row[..., None] + far * (HEIGHT - row[..., None])
    picture //= HEIGHT
    for _ in range(12):
        y, x = random.integers(0, HEIGHT), random.integers(0, WIDTH)
        radius, colour = random.integers(10, 90), random.integers(0, 256, 3)
        if random.integers(2):
            inside = (row - y) ** 2 + (column - x) ** 2 < radius**2
        else:
            inside = (abs(row - y) < radius) & (abs(column - x) < radius // 2)
        picture[inside] = colour
    sampling_interval = random.integers(-6, 7, picture.shape)
    return (picture + sampling_interval).clip(0, 255).astype(np.uint8)


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG file of it, as images come to a service."""
    file = io.BytesIO()
    need("PIL.Image").fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def read(path: Path) -> bytes:
    """An image file, checked to be one."""
    try:
        found = path.read_bytes()
        decode(found)
    except OSError as error:
        raise MisuseError(f"{path}: not an image that can be read ({error})") from None
    return found


def decode(file: bytes) -> Any:
    """The image of a file, as `PIL` has it, in RGB."""
    return need("PIL.Image").open(io.BytesIO(file)).convert("RGB")
