"""Work that takes longer than a request. Two sorts, by what becomes of them when the bridge ends.

`threads`: minutes at most, in the bridge's own memory; a restart forgets them (suggestions, duplicates, the map).
The rest of this room is for what must never run in the server and must outlive it, trainings and releases: child
processes, one at a time, queued in the database (`ledger`), started and looked after by a `runner`, told of by the
lines that they print (`told`). `commands` says which command a kind of job is.
"""

from plugin_bridge.jobs.threads import Job, Jobs, JobState

__all__ = ["Job", "JobState", "Jobs"]
