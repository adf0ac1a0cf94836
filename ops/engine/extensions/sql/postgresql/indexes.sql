-- Built concurrently, one at a time, outside a transaction: the engine goes on meanwhile.

-- index console_runs_status_id ON function_runs
CREATE INDEX CONCURRENTLY console_runs_status_id ON function_runs (status, id) WHERE status <> 'completed'

-- index console_runs_function_id ON function_runs
CREATE INDEX CONCURRENTLY console_runs_function_id ON function_runs (function_id, id)

-- index console_runs_function_status_id ON function_runs
CREATE INDEX CONCURRENTLY console_runs_function_status_id ON function_runs (function_id, status, id)
    WHERE status <> 'completed'

-- Runs whose id is no UUIDv7 and so says nothing of their age: lists order by id alone while there are none.
-- index console_runs_foreign_id ON function_runs
CREATE INDEX CONCURRENTLY console_runs_foreign_id ON function_runs (created_at, id)
    WHERE substr(id::text, 15, 1) <> '7'

-- index console_events_name_time ON events
CREATE INDEX CONCURRENTLY console_events_name_time ON events (name, timestamp, id)

-- index console_events_user_time ON events
CREATE INDEX CONCURRENTLY console_events_user_time ON events (user_id, timestamp, id) WHERE user_id IS NOT NULL
