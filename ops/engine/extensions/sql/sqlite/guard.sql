-- RAISE(IGNORE) skips this row without an error; other rows of the statement go on.

-- trigger console_guard ON function_runs
CREATE TRIGGER console_guard /* $mark */ BEFORE UPDATE OF status ON function_runs
    FOR EACH ROW WHEN OLD.status IN ('cancelled', 'completed') AND NEW.status <> OLD.status
BEGIN
    SELECT RAISE(IGNORE);
END
