-- That this database holds a demo, and which rows beside its invented people were made for it.
CREATE TABLE demo (
  id $id,
  filled_at $time NOT NULL
);

CREATE TABLE demo_row (
  id $id,
  kind VARCHAR(20) NOT NULL,
  number BIGINT NOT NULL
);
