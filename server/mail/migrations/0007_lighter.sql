-- The state of a delivery changes three times on its way: it is in no index that need not have it.
DROP INDEX delivery_message;
CREATE INDEX delivery_message ON delivery (message_id);
