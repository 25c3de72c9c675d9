-- The ledger of what was given.
CREATE TABLE gift (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  asset_slug VARCHAR(80) NOT NULL,
  language VARCHAR(2) NOT NULL,
  source VARCHAR(120) NOT NULL,
  requested_at $time NOT NULL,
  confirmed_at $time,
  expires_at $time NOT NULL,
  revoked_at $time,
  with_tips BOOLEAN NOT NULL,
  liked INT,
  liked_at $time,
  liked_why TEXT NOT NULL,
  UNIQUE (lead_id, asset_slug)
);
CREATE INDEX gift_asset ON gift (asset_slug, id);
