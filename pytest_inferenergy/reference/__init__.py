"""The published table of a study of inference energy, and the look-up in it.

*Power Hungry Processing: Watts Driving the Cost of AI Deployment?* (Luccioni, Jernite, Strubell;
arXiv 2311.16863) recorded the energy of 1,000 inferences for ten tasks. **Only its orders and
ratios compare with a measurement of yours, its kilowatt-hours do not:** they are those of a whole
node, all of whose eight GPUs count though one did the work, and its CPU and RAM parts are constants
times the time. So a task's place among the ten and its ratio to its neighbours is what is offered
to reports (`place`, `compare_ratios`); `lookup` gives the figures as they stand. They were taken
with batch 1, fp32, libraries of mid-2023.

The table is ``power_hungry_2023.csv`` beside this file, with its licence notice: one row for each
task, data set and model, the mean of ten runs.
"""

from pytest_inferenergy.reference.figures import ModelFigures, TaskFigures, lookup
from pytest_inferenergy.reference.places import Place, place, study_of
from pytest_inferenergy.reference.ratios import TaskRatio, compare_ratios
from pytest_inferenergy.reference.table import STUDY_TASKS, Row, rows

__all__ = [
    "STUDY_TASKS",
    "ModelFigures",
    "Place",
    "Row",
    "TaskFigures",
    "TaskRatio",
    "compare_ratios",
    "lookup",
    "place",
    "rows",
    "study_of",
]
