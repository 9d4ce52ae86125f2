-- The ledger on one machine. Look inside with: sqlite3 ledger.db "SELECT pk, sk, doc ->> 'status' FROM records"

CREATE TABLE records (
  pk      TEXT    NOT NULL,
  sk      TEXT    NOT NULL,
  version INTEGER NOT NULL,
  lane    TEXT,  -- NULL, like due_at, for a record that is not due
  due_at  TEXT,  -- RFC 3339, UTC, nine digits of fraction: strings sort like instants
  doc     TEXT    NOT NULL,
  PRIMARY KEY (pk, sk)
) STRICT, WITHOUT ROWID;

CREATE INDEX due ON records (lane, due_at) WHERE due_at IS NOT NULL;

-- The change feed: what DynamoDB would put into the table's stream. Triggers fill it, so that no write is forgotten.
CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at  TEXT NOT NULL,
  pk  TEXT NOT NULL,
  sk  TEXT NOT NULL,
  old TEXT,  -- JSON: version, lane, due_at, doc; NULL for a record that was not there
  new TEXT
) STRICT;

-- When the present transaction began. Triggers cannot be handed a time, and the clock is injected.
CREATE TABLE clock (now TEXT NOT NULL) STRICT;
INSERT INTO clock VALUES ('');

CREATE TRIGGER records_inserted AFTER INSERT ON records BEGIN
  INSERT INTO changes (at, pk, sk, new) SELECT now, NEW.pk, NEW.sk,
    json_object('version', NEW.version, 'lane', NEW.lane, 'due_at', NEW.due_at, 'doc', json(NEW.doc)) FROM clock;
END;

CREATE TRIGGER records_updated AFTER UPDATE ON records BEGIN
  INSERT INTO changes (at, pk, sk, old, new) SELECT now, NEW.pk, NEW.sk,
    json_object('version', OLD.version, 'lane', OLD.lane, 'due_at', OLD.due_at, 'doc', json(OLD.doc)),
    json_object('version', NEW.version, 'lane', NEW.lane, 'due_at', NEW.due_at, 'doc', json(NEW.doc)) FROM clock;
END;

CREATE TRIGGER records_deleted AFTER DELETE ON records BEGIN
  INSERT INTO changes (at, pk, sk, old) SELECT now, OLD.pk, OLD.sk,
    json_object('version', OLD.version, 'lane', OLD.lane, 'due_at', OLD.due_at, 'doc', json(OLD.doc)) FROM clock;
END;

PRAGMA user_version = 1;
