-- The mail domain of everybody who is here already.
UPDATE lead SET domain = split_part(email, '@', 2);
