"""The local demo: a company, a Slack on this machine, and one week."""
