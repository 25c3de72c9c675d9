-- What was done with a mail: which delivery a hit came through.
ALTER TABLE event ADD COLUMN delivery_number BIGINT;
CREATE INDEX event_delivery ON event (delivery_number, kind) WHERE delivery_number IS NOT NULL;
