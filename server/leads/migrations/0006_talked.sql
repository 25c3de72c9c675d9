-- Who asked us something is kept without a confirmed address, as long as that is talked about.
ALTER TABLE lead ADD COLUMN talked_at $time;
