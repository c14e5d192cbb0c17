"""unittest-style tests reach the fixture as they reach any other: through one of their own."""

from __future__ import annotations

from tests.integration.conftest import Project


def test_a_method_measures_through_an_autouse_fixture(project: Project) -> None:
    project.write(
        """
        import time, unittest
        import pytest

        class TestModel(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _energy(self, energy):
                self.energy = energy

            def test_block(self):
                with self.energy.window():
                    time.sleep(0.2)
                self.assertGreater(self.energy.result.mean_watts, 0)
        """
    )
    project.store("test_model.py::TestModel::test_block", joules=40.0)
    project.run().assert_outcomes(failed=1)
    assert project.measured[0]["verdict"] == "regressed"
