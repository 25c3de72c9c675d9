-- Mail that came in: kept whole until it was read, then only its mark, so that none is read twice.
CREATE TABLE arrival (
  id $id,
  digest VARCHAR(64) NOT NULL UNIQUE,
  source VARCHAR(8) NOT NULL,
  sender VARCHAR(320) NOT NULL,
  recipient VARCHAR(320) NOT NULL,
  octets TEXT NOT NULL,
  state VARCHAR(8) NOT NULL,
  outcome VARCHAR(20) NOT NULL,
  letter $json NOT NULL,
  attempts INT NOT NULL,
  at $time NOT NULL
);
CREATE INDEX arrival_waiting ON arrival (attempts, id) WHERE state = 'new';
CREATE INDEX arrival_letters ON arrival (id) WHERE state = 'letter';
CREATE INDEX arrival_at ON arrival (at);

-- What came back of a mail that was sent.
CREATE TABLE bounce (
  id $id,
  delivery_id BIGINT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
  lead_id BIGINT REFERENCES lead (id) ON DELETE CASCADE,
  kind VARCHAR(10) NOT NULL,
  status VARCHAR(12) NOT NULL,
  diagnostic VARCHAR(300) NOT NULL,
  source VARCHAR(10) NOT NULL,
  digest VARCHAR(64) NOT NULL UNIQUE,
  at $time NOT NULL
);
CREATE INDEX bounce_delivery ON bounce (delivery_id);
CREATE INDEX bounce_lead ON bounce (lead_id, id) WHERE lead_id IS NOT NULL;

-- Whose mailbox took no mail, issue after issue: no lists until this has ended.
CREATE TABLE list_rest (
  id $id,
  lead_id BIGINT NOT NULL UNIQUE REFERENCES lead (id) ON DELETE CASCADE,
  at $time NOT NULL,
  ended_at $time
);
