CREATE SCHEMA IF NOT EXISTS $engine;
CREATE SCHEMA IF NOT EXISTS console;

CREATE TABLE $engine.events (
    id              uuid PRIMARY KEY,
    name            varchar(255) NOT NULL,
    data            jsonb NOT NULL DEFAULT '{}',
    idempotency_key varchar(255) UNIQUE,
    timestamp       timestamptz NOT NULL DEFAULT now(),
    user_id         varchar(255),
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_events_name        ON $engine.events (name);
CREATE INDEX idx_events_timestamp   ON $engine.events (timestamp DESC);
CREATE INDEX idx_events_user_id     ON $engine.events (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX idx_events_idempotency ON $engine.events (idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE $engine.function_runs (
    id              uuid PRIMARY KEY,
    function_id     varchar(255) NOT NULL,
    event_id        uuid NOT NULL REFERENCES $engine.events (id) ON DELETE CASCADE,
    status          varchar(50) NOT NULL DEFAULT 'queued'
                    CONSTRAINT valid_status
                    CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    attempt         integer NOT NULL DEFAULT 0,
    max_attempts    integer NOT NULL DEFAULT 3,
    input           jsonb NOT NULL DEFAULT '{}',
    output          jsonb,
    error           text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    started_at      timestamptz,
    ended_at        timestamptz,
    locked_until    timestamptz,
    locked_by       varchar(255),
    concurrency_key varchar(255),
    run_after       timestamptz
);
CREATE INDEX idx_runs_status   ON $engine.function_runs (status);
CREATE INDEX idx_runs_function ON $engine.function_runs (function_id);
CREATE INDEX idx_runs_event    ON $engine.function_runs (event_id);
CREATE INDEX idx_runs_created  ON $engine.function_runs (created_at);
CREATE INDEX idx_runs_queue    ON $engine.function_runs (created_at) WHERE status = 'queued';
CREATE INDEX idx_runs_stale    ON $engine.function_runs (locked_until) WHERE status = 'running';
CREATE INDEX idx_runs_concurrency ON $engine.function_runs (concurrency_key, status)
    WHERE concurrency_key IS NOT NULL;

CREATE TABLE $engine.step_runs (
    id         uuid PRIMARY KEY,
    run_id     uuid NOT NULL REFERENCES $engine.function_runs (id) ON DELETE CASCADE,
    step_id    varchar(255) NOT NULL,
    status     varchar(50) NOT NULL DEFAULT 'pending'
               CONSTRAINT valid_step_status
               CHECK (status IN ('pending', 'running', 'completed', 'failed', 'skipped')),
    input      jsonb,
    output     jsonb,
    error      text,
    attempt    integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at   timestamptz,
    CONSTRAINT unique_step_per_run UNIQUE (run_id, step_id)
);
CREATE INDEX idx_steps_run    ON $engine.step_runs (run_id);
CREATE INDEX idx_steps_status ON $engine.step_runs (run_id, status);

CREATE TABLE $engine.functions (
    id         varchar(255) PRIMARY KEY,
    definition jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_functions_triggers ON $engine.functions USING gin ((definition -> 'triggers'));

CREATE TABLE $engine.distributed_locks (
    key         varchar(255) PRIMARY KEY,
    holder      varchar(255) NOT NULL,
    expires_at  timestamptz NOT NULL,
    acquired_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_locks_expires ON $engine.distributed_locks (expires_at);

CREATE TABLE $engine._sqlx_migrations (
    version        bigint PRIMARY KEY,
    description    text NOT NULL,
    installed_on   timestamptz NOT NULL DEFAULT now(),
    success        boolean NOT NULL,
    checksum       bytea NOT NULL,
    execution_time bigint NOT NULL
);
-- The engine starts only if the checksum of its first migration is here.
INSERT INTO $engine._sqlx_migrations (version, description, success, checksum, execution_time)
VALUES (1, 'initial', TRUE, '\x42f17c52237db06e8c17bf1e59e0be55112d44f6c1578766ea25aed866a333ea62fe4b7ab44a5eda9cb67b80d098001a', 0);

CREATE TABLE console.console_simulator (created_at timestamptz NOT NULL DEFAULT now());
