"""Two replicas, many stores and many subscribers, for a long time."""
