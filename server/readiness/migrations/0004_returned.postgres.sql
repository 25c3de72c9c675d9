-- The list by last return, who gave nothing back last.
CREATE INDEX score_returned ON score (returned_at DESC NULLS LAST, lead_id DESC);
