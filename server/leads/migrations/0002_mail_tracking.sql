-- Since when we may see what this lead does with the tip; empty: we may not.
ALTER TABLE lead ADD COLUMN mail_tracking_at $time;
