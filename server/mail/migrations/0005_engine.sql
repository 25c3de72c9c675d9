-- Where a mail goes, so that what one domain cannot take now does not hold up the others.
ALTER TABLE delivery ADD COLUMN domain VARCHAR(254) NOT NULL DEFAULT '';
-- What a mail domain told us: until when it is left alone, and how often in a row it was.
CREATE TABLE domain_pace (
  id $id,
  domain VARCHAR(254) NOT NULL UNIQUE,
  hold_until $time NOT NULL,
  strikes INT NOT NULL,
  next_at $time NOT NULL,
  reason VARCHAR(300) NOT NULL
);
-- The one gate before all mail: the place that this database belongs to, and since when it is shut.
CREATE TABLE gate (
  id INT PRIMARY KEY,
  mark VARCHAR(160) NOT NULL,
  shut_at $time,
  reason VARCHAR(200) NOT NULL
);
INSERT INTO gate (id, mark, shut_at, reason) VALUES (1, '', NULL, '');
