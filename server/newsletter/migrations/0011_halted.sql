-- When an issue was halted by itself, and why: by what came back of it, or by complaints.
ALTER TABLE issue ADD COLUMN halted_at $time;
ALTER TABLE issue ADD COLUMN halted_why VARCHAR(20) NOT NULL DEFAULT '';
