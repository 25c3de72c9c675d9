-- One row that all workers share: when the next mail may leave, where a rate is set.
CREATE TABLE pace (
  id INT PRIMARY KEY,
  next_at $time NOT NULL
);
INSERT INTO pace (id, next_at) VALUES (1, '2026-01-01 00:00:00.000000+00:00');
