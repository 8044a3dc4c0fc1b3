"""What all tests share."""

from tests.test_cli import run  # noqa: F401 - a fixture
