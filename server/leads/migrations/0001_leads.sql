-- People, their consents and subscriptions.
CREATE TABLE lead (
  id $id,
  email VARCHAR(254) NOT NULL UNIQUE,
  name VARCHAR(120) NOT NULL,
  company VARCHAR(160) NOT NULL,
  role VARCHAR(120) NOT NULL,
  language VARCHAR(2) NOT NULL,
  source VARCHAR(120) NOT NULL,
  created_at $time NOT NULL,
  asked_at $time NOT NULL,
  verified_at $time,
  no_ask_until $time,
  profiling_off_at $time,
  event_count INT NOT NULL DEFAULT 0,
  events_scored INT NOT NULL DEFAULT 0,
  last_event_at $time NOT NULL
);
CREATE INDEX lead_unverified ON lead (asked_at) WHERE verified_at IS NULL;
CREATE INDEX lead_stale ON lead (id) WHERE event_count > events_scored;
CREATE INDEX lead_recent ON lead (last_event_at, id);

CREATE TABLE consent (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  purpose VARCHAR(40) NOT NULL,
  given BOOLEAN NOT NULL,
  wording TEXT NOT NULL,
  page VARCHAR(200) NOT NULL,
  network VARCHAR(60) NOT NULL,
  asked_at $time NOT NULL,
  at $time NOT NULL,
  proof VARCHAR(40) NOT NULL,
  hash VARCHAR(64) NOT NULL
);
CREATE INDEX consent_lead ON consent (lead_id, id);

CREATE TABLE subscription (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  list VARCHAR(40) NOT NULL,
  wording TEXT NOT NULL,
  page VARCHAR(200) NOT NULL,
  network VARCHAR(60) NOT NULL,
  asked_at $time NOT NULL,
  confirmed_at $time,
  paused_until $time,
  ended_at $time,
  UNIQUE (lead_id, list)
);
CREATE INDEX subscription_active ON subscription (list, lead_id) WHERE confirmed_at IS NOT NULL AND ended_at IS NULL;
