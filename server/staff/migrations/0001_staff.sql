-- Colleagues, how they get in, and what they did.
CREATE TABLE staff_user (
  id $id,
  email VARCHAR(254) NOT NULL UNIQUE,
  name VARCHAR(120) NOT NULL,
  role VARCHAR(10) NOT NULL,
  language VARCHAR(2) NOT NULL,
  created_at $time NOT NULL,
  disabled_at $time
);

CREATE TABLE login_link (
  id $id,
  user_id BIGINT NOT NULL REFERENCES staff_user (id) ON DELETE CASCADE,
  secret_hash VARCHAR(64) NOT NULL UNIQUE,
  expires_at $time NOT NULL,
  used_at $time
);

CREATE TABLE staff_session (
  id $id,
  user_id BIGINT NOT NULL REFERENCES staff_user (id) ON DELETE CASCADE,
  secret_hash VARCHAR(64) NOT NULL UNIQUE,
  csrf VARCHAR(43) NOT NULL,
  created_at $time NOT NULL,
  seen_at $time NOT NULL
);

CREATE TABLE audit_entry (
  id $id,
  at $time NOT NULL,
  staff_id BIGINT,
  action VARCHAR(40) NOT NULL,
  detail VARCHAR(300) NOT NULL
);
