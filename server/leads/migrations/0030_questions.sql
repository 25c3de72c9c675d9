-- Who wants no question of ours about how they liked what we gave.
ALTER TABLE lead ADD COLUMN questions_off_at $time;
