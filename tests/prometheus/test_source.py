"""The address and the counter that a user names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.meters.prometheus.source import (
    DCGM,
    ENERGY_METRIC,
    Source,
    check_url,
    parse_source,
)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (ENERGY_METRIC, DCGM[0]),
        (
            ENERGY_METRIC + '{namespace="prod"} mJ',
            Source(ENERGY_METRIC + '{namespace="prod"}', 1e-3),
        ),
        ("DCGM_FI_DEV_POWER_USAGE", DCGM[1]),
        (
            "node_rapl_package_joules_total cpu",
            Source("node_rapl_package_joules_total", 1.0, False, "cpu"),
        ),
        ('a{b="c d"} kWh', Source('a{b="c d"}', 3.6e6)),
        ('{__name__="a"} uJ ram', Source('{__name__="a"}', 1e-6, False, "ram")),
        ("board_power mW", Source("board_power", 1e-3, True)),
        ("  kepler_container_joules_total  ", Source("kepler_container_joules_total", 1.0)),
    ],
)
def test_a_selector_with_its_unit(text: str, source: Source) -> None:
    assert parse_source(text) == source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("energy", "the unit of 'energy' is not known: write it behind"),
        ('energy{a="b"}', "the unit of .* is not known"),
        ("energy parsecs", "'parsecs' is no unit: end with the counter's unit"),
        ("sum(energy) J", "is no PromQL selector"),
        ("rate(energy[5m]) J", "is no PromQL selector"),
        ("", "is no PromQL selector"),
        ("J", "the unit of 'J' is not known"),
        ("cpu", "the unit of 'cpu' is not known"),
    ],
)
def test_what_is_no_selector_with_a_unit(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_source(text)


@given(st.text(max_size=60))
def test_whatever_is_typed_there_is_a_source_or_a_message(text: str) -> None:
    try:
        source = parse_source(text)
    except ValueError:
        return
    else:
        assert source.scale > 0
        assert source.metric


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("http://localhost:9090", "http://localhost:9090"),
        ("https://prom.example.org/prefix/", "https://prom.example.org/prefix"),
        ("http://[::1]:9090/", "http://[::1]:9090"),
    ],
)
def test_an_address(url: str, checked: str) -> None:
    assert check_url(url) == checked


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "needs the server's address"),
        ("localhost:9090", "needs the server's address"),
        ("ftp://host", "needs the server's address"),
        ("http://", "needs the server's address"),
        ("http://host:port", "needs the server's address"),
        ("https://me:hush@host", "no user name and no password"),
        ("https://hush@host", "no user name and no password"),
        ("https://me:hu[sh@host", "needs the server's address"),
        ("https://host/?token=hush", "without [?] and #: prometheus:https://host/$"),
        ("https://host/#hush", "without [?] and #"),
    ],
)
def test_what_is_no_address_is_told_without_its_secrets(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        check_url(url)
    assert "hush" not in str(caught.value)
    assert "hu[sh" not in str(caught.value)
