-- How often nobody could tell whether a mail had arrived: a newsletter is then tried once more.
ALTER TABLE delivery ADD COLUMN doubts INT NOT NULL DEFAULT 0;
-- While a new sender warms up: which day it is, and how many mails left on it.
ALTER TABLE pace ADD COLUMN day VARCHAR(10) NOT NULL DEFAULT '';
ALTER TABLE pace ADD COLUMN taken INT NOT NULL DEFAULT 0;
