-- What is to go after 13 months: single openings, and what tells one reader from another.
CREATE INDEX event_traces ON event (at) WHERE network <> '' OR kind IN ('read.chapter', 'gift.downloaded', 'mail.click', 'mail.open', 'visit');
