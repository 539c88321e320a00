"""Tests of loading, updating and deleting."""
