"""The Web API methods that the local Slack speaks, a file a family."""
