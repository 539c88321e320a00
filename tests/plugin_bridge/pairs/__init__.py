"""Tests of labelled pairs."""
