-- The circle after a purchase: what was bought by who is not known yet, and gifts planned in thanks.
CREATE TABLE waiting_purchase (
  id $id,
  fingerprint VARCHAR(22) NOT NULL,
  key VARCHAR(64) NOT NULL,
  amount $real NOT NULL,
  what VARCHAR(200) NOT NULL,
  number VARCHAR(80) NOT NULL,
  optout_offered BOOLEAN NOT NULL,
  at $time NOT NULL,
  received_at $time NOT NULL,
  UNIQUE (fingerprint, key)
);
CREATE INDEX waiting_purchase_received ON waiting_purchase (received_at);

CREATE TABLE planned_gift (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  key VARCHAR(100) NOT NULL UNIQUE,
  why VARCHAR(12) NOT NULL,
  due_at $time NOT NULL,
  asset_slug VARCHAR(80) NOT NULL,
  line TEXT NOT NULL,
  state VARCHAR(8) NOT NULL,
  gift_number INT,
  staff_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL,
  made_at $time NOT NULL,
  done_at $time
);
CREATE INDEX planned_gift_lead ON planned_gift (lead_id, id);
CREATE INDEX planned_gift_due ON planned_gift (due_at) WHERE state = 'planned';
