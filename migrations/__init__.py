"""Alembic's migrations, and the one place that runs them."""
