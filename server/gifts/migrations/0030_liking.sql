-- Asking later how it was liked: when to look whether to ask, and whether it was asked.
ALTER TABLE gift ADD COLUMN ask_at $time;
ALTER TABLE gift ADD COLUMN liked_asked_at $time;
CREATE INDEX gift_ask ON gift (ask_at) WHERE ask_at IS NOT NULL;
UPDATE gift SET ask_at = confirmed_at WHERE confirmed_at IS NOT NULL AND liked_at IS NULL;
-- A sentence of theirs on the page of the title: that they allowed it, and who of us agreed.
ALTER TABLE gift ADD COLUMN quoted_at $time;
ALTER TABLE gift ADD COLUMN quote_named BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE gift ADD COLUMN quote_shown_at $time;
ALTER TABLE gift ADD COLUMN quote_shown_by_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL;
CREATE INDEX gift_quoted ON gift (quoted_at) WHERE quoted_at IS NOT NULL;
-- A link to pass on, and on the gift of who came by it that it did, until they press the button.
ALTER TABLE gift ADD COLUMN via VARCHAR(16) NOT NULL DEFAULT '';
CREATE TABLE pass_on (
  id $id,
  code VARCHAR(16) NOT NULL UNIQUE,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  gift_id BIGINT NOT NULL UNIQUE REFERENCES gift (id) ON DELETE CASCADE,
  asset_slug VARCHAR(80) NOT NULL,
  made_at $time NOT NULL
);
CREATE INDEX pass_on_lead ON pass_on (lead_id);
-- How gifts were liked before a view stood on the ledger.
INSERT INTO ledger (lead_id, key, side, kind, asset_slug, gift_number, what, cost, value, why, unexpected, personal, source, by_name, at, recorded_at, sign)
  SELECT lead_id, dedup_key, 'returned', 'rating', subject, gift_number, '', 0, 0, '', FALSE, FALSE, 'site', '', at, at, sign
  FROM event WHERE kind = 'rating' AND evidence IN ('human', 'likely') ORDER BY id;
