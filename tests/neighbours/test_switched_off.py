"""``-p no:inferenergy`` leaves no trace."""

from __future__ import annotations

from tests.integration.conftest import Project

LOOK = """
    import sys
    import pytest

    def test_nothing_is_loaded(request):
        assert [name for name in sys.modules if name.startswith("pytest_inferenergy")] == []
        with pytest.raises(ValueError):
            request.config.getoption("energy_report")
        with pytest.raises(pytest.FixtureLookupError):
            request.getfixturevalue("energy")
        assert not any("energy" in line for line in request.config.getini("markers"))
"""


def test_nothing_is_loaded_declared_or_written(project: Project) -> None:
    project.write(LOOK)
    project.path.joinpath("tox.ini").unlink()
    before = sorted(project.path.iterdir())
    result = project.pytester.runpytest_subprocess("-p", "no:inferenergy", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    assert "energy:" not in result.stdout.str()
    left = {path.name for path in project.path.iterdir()} - {path.name for path in before}
    assert not any("energy" in name for name in left)
