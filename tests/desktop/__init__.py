"""Tests of the desktop: presenters without a display, views offscreen."""
