-- How often somebody wants the tip, about what, and whose clocks there are.
ALTER TABLE subscription ADD COLUMN every_weeks INT NOT NULL DEFAULT 1;
ALTER TABLE subscription ADD COLUMN topics VARCHAR(400) NOT NULL DEFAULT '';
CREATE INDEX lead_timezone ON lead (timezone) WHERE timezone <> '';
