-- What was given to a lead has cost so much, so that the list can be sorted by it.
ALTER TABLE lead ADD COLUMN given_cost $real NOT NULL DEFAULT 0;
CREATE INDEX lead_cost ON lead (given_cost, id);
