-- Two texts for one issue: the file of each; empty where both are one text by two subjects.
ALTER TABLE issue_variant ADD COLUMN file_name VARCHAR(60) NOT NULL DEFAULT '';
