"""Proofs that take minutes: no part of the product, nor of its tests. Each has a target in the Makefile."""
