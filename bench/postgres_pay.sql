\set payer random(1, :citizens)
\set payee random(1, :merchants)
\set won random(1000, 50000)
SELECT pay(:payer, nextval('payment_number'), :payee, :won);
