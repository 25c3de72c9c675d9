-- Whether the people of the demo get it too: only where somebody pressed the button.
ALTER TABLE issue ADD COLUMN with_invented BOOLEAN NOT NULL DEFAULT FALSE;
