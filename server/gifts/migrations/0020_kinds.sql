-- Who came to a webinar, when a trial ends, where a sample goes, and the code of a service.
ALTER TABLE gift ADD COLUMN attended_at $time;
CREATE TABLE trial (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  gift_id BIGINT NOT NULL UNIQUE REFERENCES gift (id) ON DELETE CASCADE,
  starts_at $time NOT NULL,
  remind_at $time NOT NULL,
  ends_at $time NOT NULL,
  reminded_at $time,
  ended_at $time
);
CREATE INDEX trial_lead ON trial (lead_id);
CREATE INDEX trial_due ON trial (remind_at) WHERE ended_at IS NULL;
CREATE TABLE parcel (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  gift_id BIGINT NOT NULL UNIQUE REFERENCES gift (id) ON DELETE CASCADE,
  name VARCHAR(120) NOT NULL,
  street VARCHAR(160) NOT NULL,
  postcode VARCHAR(16) NOT NULL,
  town VARCHAR(120) NOT NULL,
  country VARCHAR(2) NOT NULL,
  given_at $time NOT NULL,
  sent_at $time,
  sent_by_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL,
  forgotten_at $time
);
CREATE INDEX parcel_lead ON parcel (lead_id);
CREATE INDEX parcel_waiting ON parcel (given_at) WHERE sent_at IS NULL;
CREATE INDEX parcel_kept ON parcel (sent_at) WHERE forgotten_at IS NULL;
CREATE TABLE voucher (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  gift_id BIGINT NOT NULL UNIQUE REFERENCES gift (id) ON DELETE CASCADE,
  code VARCHAR(16) NOT NULL UNIQUE,
  made_at $time NOT NULL,
  redeemed_at $time,
  redeemed_by_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL,
  redeemed_name VARCHAR(120) NOT NULL
);
CREATE INDEX voucher_lead ON voucher (lead_id);
