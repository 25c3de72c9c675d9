-- The append-only log.
CREATE TABLE event (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  kind VARCHAR(40) NOT NULL,
  at $time NOT NULL,
  subject VARCHAR(80) NOT NULL,
  gift_number BIGINT,
  value $real NOT NULL,
  detail TEXT NOT NULL,
  method VARCHAR(8) NOT NULL,
  agent VARCHAR(200) NOT NULL,
  purpose VARCHAR(40) NOT NULL,
  network VARCHAR(22) NOT NULL,
  reader VARCHAR(22) NOT NULL,
  evidence VARCHAR(10) NOT NULL,
  rule VARCHAR(20) NOT NULL,
  dedup_key VARCHAR(160) NOT NULL UNIQUE
);
CREATE INDEX event_lead ON event (lead_id, id);
CREATE INDEX event_gift ON event (gift_number, kind) WHERE gift_number IS NOT NULL;
