"""AMD GPUs, Apple silicon and Jetson through Zeus."""
