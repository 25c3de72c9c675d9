-- A table that was handed in on the desk: looked through, shown, taken in, and then forgotten.
CREATE TABLE import_run (
  id $id,
  staff_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL,
  kind VARCHAR(20) NOT NULL,
  file_name VARCHAR(120) NOT NULL,
  source VARCHAR(120) NOT NULL,
  on_list VARCHAR(500) NOT NULL,
  content TEXT NOT NULL,
  state VARCHAR(12) NOT NULL,
  report $json NOT NULL,
  created_at $time NOT NULL,
  done_at $time
);
CREATE INDEX import_run_state ON import_run (state, id);
