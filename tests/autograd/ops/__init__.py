"""Tests of the table, and of what is written from it."""
