-- The mark is part of the text that SQLite keeps of an index, so it lives and goes with it.

-- index console_runs_status_id ON function_runs
CREATE INDEX console_runs_status_id ON function_runs (/* $mark */ status, id)

-- index console_runs_function_id ON function_runs
CREATE INDEX console_runs_function_id ON function_runs (/* $mark */ function_id, id)

-- index console_runs_function_status_id ON function_runs
CREATE INDEX console_runs_function_status_id ON function_runs (/* $mark */ function_id, status, id)

-- Runs whose id is no UUIDv7 and so says nothing of their age: lists order by id alone while there are none.
-- index console_runs_foreign_id ON function_runs
CREATE INDEX console_runs_foreign_id ON function_runs (/* $mark */ created_at, id)
    WHERE substr(id, 15, 1) <> '7'

-- index console_events_name_time ON events
CREATE INDEX console_events_name_time ON events (/* $mark */ name, timestamp, id)

-- index console_events_user_time ON events
CREATE INDEX console_events_user_time ON events (/* $mark */ user_id, timestamp, id) WHERE user_id IS NOT NULL
