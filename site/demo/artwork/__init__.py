"""Illustrations for the demo, drawn by code."""
