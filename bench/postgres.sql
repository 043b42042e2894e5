-- The double entry of one payment as a careful team would write it for PostgreSQL: a citizen's lots, a shop's balance, the month's
-- counter, the payment itself under a number that cannot be used twice, all or nothing.  bench/postgres.py fills and times it.
CREATE TABLE lot (
    party bigint NOT NULL, fund int NOT NULL, number int NOT NULL,
    remaining bigint NOT NULL CHECK (remaining >= 0), expires date NOT NULL,
    PRIMARY KEY (party, fund, number)) WITH (fillfactor = 80);
CREATE TABLE balance (
    merchant bigint NOT NULL, fund int NOT NULL, amount bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (merchant, fund)) WITH (fillfactor = 50);
CREATE TABLE counter (
    party bigint NOT NULL, fund int NOT NULL, month int NOT NULL, used bigint NOT NULL,
    PRIMARY KEY (party, fund, month)) WITH (fillfactor = 80);
CREATE TABLE payment (
    payer bigint NOT NULL, number bigint NOT NULL, payee bigint NOT NULL, fund int NOT NULL, amount bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (payer, number));

INSERT INTO lot SELECT p, 1, 1, 1000000000, '2031-01-01' FROM generate_series(1, :citizens) p;
INSERT INTO balance SELECT m, 1, 0 FROM generate_series(1, :merchants) m;
INSERT INTO counter SELECT p, 1, 202603, 0 FROM generate_series(1, :citizens) p;

CREATE SEQUENCE payment_number CACHE 1000;

CREATE FUNCTION pay(from_party bigint, with_number bigint, to_merchant bigint, won bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    chosen record;
BEGIN
    SELECT number, remaining INTO chosen FROM lot
        WHERE party = from_party AND fund = 1 AND remaining >= won AND expires >= '2026-03-02'
        ORDER BY expires, number LIMIT 1 FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'insufficient';
    END IF;
    UPDATE counter SET used = used + won
        WHERE party = from_party AND fund = 1 AND month = 202603 AND used + won <= 1000000000000;
    IF NOT FOUND THEN
        RETURN 'limit';
    END IF;
    INSERT INTO payment (payer, number, payee, fund, amount) VALUES (from_party, with_number, to_merchant, 1, won);
    UPDATE lot SET remaining = remaining - won WHERE party = from_party AND fund = 1 AND number = chosen.number;
    UPDATE balance SET amount = amount + won WHERE merchant = to_merchant AND fund = 1;
    RETURN 'done';
END $$;
VACUUM ANALYZE;
CHECKPOINT;
