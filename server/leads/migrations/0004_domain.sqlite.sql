-- The mail domain of everybody who is here already.
UPDATE lead SET domain = substr(email, instr(email, '@') + 1);
