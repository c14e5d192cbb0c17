"""All named architectures: the study's models, small to large, and a tiny one for each task."""

from __future__ import annotations

from pytest_inferenergy.tasks.ladder_diffusion import PAINTERS
from pytest_inferenergy.tasks.ladder_image import CAPTIONERS, CLASSIFIERS, DETECTORS
from pytest_inferenergy.tasks.ladder_text import CAUSAL, ENCODERS, SEQ2SEQ, SUMMARIZERS

LADDER = (
    *ENCODERS,
    *SUMMARIZERS,
    *CAUSAL,
    *SEQ2SEQ,
    *CLASSIFIERS,
    *DETECTORS,
    *CAPTIONERS,
    *PAINTERS,
)
