-- A colleague who was made up for the demo: never mailed for real, and gone with it.
ALTER TABLE staff_user ADD COLUMN invented_at $time;
