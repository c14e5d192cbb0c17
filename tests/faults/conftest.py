"""The same small project as in the integration tests."""

from tests.integration.conftest import project, replay

__all__ = ["project", "replay"]
