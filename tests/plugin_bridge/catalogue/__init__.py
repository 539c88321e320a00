"""Tests of reading and cleaning product files."""
