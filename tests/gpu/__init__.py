"""On a real NVIDIA GPU (`pytest tests/gpu`); elsewhere these tests are skipped."""
