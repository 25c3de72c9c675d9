-- What the log has no room for: what was given and what came back, what it cost and was worth, why, and by whom.
CREATE TABLE ledger (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  key VARCHAR(160) NOT NULL UNIQUE,
  side VARCHAR(8) NOT NULL,
  kind VARCHAR(20) NOT NULL,
  asset_slug VARCHAR(80) NOT NULL,
  gift_number BIGINT,
  what VARCHAR(300) NOT NULL,
  cost $real NOT NULL,
  value $real NOT NULL,
  why TEXT NOT NULL,
  unexpected BOOLEAN NOT NULL,
  personal BOOLEAN NOT NULL,
  source VARCHAR(120) NOT NULL,
  by_name VARCHAR(120) NOT NULL,
  staff_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL,
  at $time NOT NULL,
  recorded_at $time NOT NULL,
  sign INT NOT NULL
);
CREATE INDEX ledger_lead ON ledger (lead_id, id);
CREATE INDEX ledger_asset ON ledger (asset_slug, at) WHERE side = 'given';
CREATE INDEX ledger_surprise ON ledger (at) WHERE unexpected;
-- What was given before there was a ledger.
INSERT INTO ledger (lead_id, key, side, kind, asset_slug, gift_number, what, cost, value, why, unexpected, personal, source, by_name, at, recorded_at, sign)
  SELECT lead_id, dedup_key, 'given', CASE kind WHEN 'help.given' THEN 'help' WHEN 'trial.started' THEN 'trial' ELSE '' END, subject, gift_number, '', 0, 0, '', FALSE, FALSE, 'site', '', at, at, sign
  FROM event WHERE kind IN ('gift.taken', 'gift.sent', 'trial.started', 'help.given') AND evidence IN ('human', 'likely') ORDER BY id;
-- What a personal gift says, who gave it, and where somebody came from.
ALTER TABLE gift ADD COLUMN line TEXT NOT NULL DEFAULT '';
ALTER TABLE gift ADD COLUMN unasked_at $time;
ALTER TABLE gift ADD COLUMN given_by_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL;
