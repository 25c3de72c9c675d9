-- A mail to us about a lead: it goes when the lead goes.
ALTER TABLE delivery ADD COLUMN about_id BIGINT REFERENCES lead (id) ON DELETE CASCADE;
CREATE INDEX delivery_about ON delivery (about_id, created_at) WHERE about_id IS NOT NULL;
