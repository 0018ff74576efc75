"""What Slack allows, written down as tables: limits, surfaces, shapes of blocks and views, and Web API methods."""
