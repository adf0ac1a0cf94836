-- Returning NULL leaves the row as it is: the statement changes no row, nothing is raised, the server answers
-- its worker with the unchanged run. SECURITY DEFINER with a fixed path, because the engine's own role need
-- not have any right in the schema console.

-- function console.guard()
CREATE OR REPLACE FUNCTION console.guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NULL;
END
$$

-- trigger console_guard ON function_runs
CREATE OR REPLACE TRIGGER console_guard BEFORE UPDATE ON function_runs
    FOR EACH ROW WHEN (OLD.status IN ('cancelled', 'completed') AND NEW.status <> OLD.status)
    EXECUTE FUNCTION console.guard()
