-- The list by last return, who gave nothing back last.
CREATE INDEX score_returned ON score (returned_at, lead_id);
