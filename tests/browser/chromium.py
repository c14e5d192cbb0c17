"""Chromium without a head, for the tests of the page, its benchmark and its screenshots."""

from __future__ import annotations

import shutil
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip


def missing() -> str | None:
    """What to install, ``None`` where nothing is missing."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed: pip install selenium"
    if _chromium() is None or shutil.which("chromedriver") is None:
        return "no Chromium: apt-get install chromium chromium-driver"
    return None


def start() -> Any:
    """A browser under selenium that keeps what its console says and what pages ask for."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = _chromium() or ""
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def look_through(driver: Any, width: int, height: int = 900, *, dark: bool = False) -> None:
    """Give the window its size in CSS pixels, and the reader a taste for light or dark."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")
