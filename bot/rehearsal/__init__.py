"""The rehearsal: weeks of a programme in seconds, in one thread, with everything going wrong that can."""
