-- A line that takes an earlier one back carries a minus sign and repeats it otherwise.
ALTER TABLE event ADD COLUMN sign INT NOT NULL DEFAULT 1;
