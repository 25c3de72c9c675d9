-- What was answered about a gift on the desk, and decided; never rewritten but for who approved it.
CREATE TABLE light_change (
  id $id,
  asset_slug VARCHAR(80) NOT NULL,
  answers $json NOT NULL,
  colour VARCHAR(8) NOT NULL,
  why TEXT NOT NULL,
  at $time NOT NULL,
  by_name VARCHAR(120) NOT NULL,
  staff_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL,
  approved_at $time,
  approved_name VARCHAR(120) NOT NULL DEFAULT '',
  approved_by_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL,
  withdrawn_at $time,
  ends_on DATE
);
CREATE INDEX light_change_asset ON light_change (asset_slug, id);
