-- Who appeared since a moment, and who are customers, without reading all leads.
CREATE INDEX lead_verified ON lead (verified_at) WHERE verified_at IS NOT NULL;
CREATE INDEX lead_customer ON lead (customer_since) WHERE customer_since IS NOT NULL;
