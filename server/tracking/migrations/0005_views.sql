-- How often a page was opened on a day, people and machines apart: a count, nobody's traces.
CREATE TABLE page_view (
  id $id,
  day DATE NOT NULL,
  path VARCHAR(200) NOT NULL,
  people BIGINT NOT NULL,
  machines BIGINT NOT NULL,
  UNIQUE (day, path)
);
