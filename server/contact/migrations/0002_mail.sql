-- A line may come by mail too: which way it came, and the subject it had.
ALTER TABLE conversation_line ADD COLUMN source VARCHAR(4) NOT NULL DEFAULT 'form';
ALTER TABLE conversation_line ADD COLUMN subject VARCHAR(200) NOT NULL DEFAULT '';
