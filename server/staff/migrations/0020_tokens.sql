-- Keys of machines: what they may, and the hash of their secret.
CREATE TABLE api_token (
  id $id,
  name VARCHAR(80) NOT NULL,
  secret_hash VARCHAR(64) NOT NULL UNIQUE,
  scopes VARCHAR(200) NOT NULL,
  made_by_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL,
  made_at $time NOT NULL,
  used_at $time,
  revoked_at $time
);
