"""A Slack on your own machine: a sans-I/O core (state and rules), a thin server around it, and a driver for tests."""
