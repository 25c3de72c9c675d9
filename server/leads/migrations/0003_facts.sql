-- Who a lead is: firm and mail domain to find colleagues by, and what an import tells.
ALTER TABLE lead ADD COLUMN domain VARCHAR(254) NOT NULL DEFAULT '';
ALTER TABLE lead ADD COLUMN company_key VARCHAR(160) NOT NULL DEFAULT '';
ALTER TABLE lead ADD COLUMN themes VARCHAR(400) NOT NULL DEFAULT '';
ALTER TABLE lead ADD COLUMN facts $json NOT NULL DEFAULT '{}';
ALTER TABLE lead ADD COLUMN customer_since $time;
ALTER TABLE lead ADD COLUMN optout_offered_at $time;
ALTER TABLE lead ADD COLUMN imported_at $time;
CREATE INDEX lead_domain ON lead (domain, id);
CREATE INDEX lead_company ON lead (company_key, id) WHERE company_key <> '';
