"""Fixtures for all tests."""

pytest_plugins = ["pytester", "tests.nvml.fixture"]
