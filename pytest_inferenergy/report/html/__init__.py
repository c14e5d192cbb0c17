"""``--energy-html``: the results as one file that opens offline, made from the document alone."""

from pytest_inferenergy.report.html.extra import missing_extra
from pytest_inferenergy.report.html.render import render_html

__all__ = ["missing_extra", "render_html"]
