"""The clinical work: organisations, people, patients, orders, cases, queue, reports, review, release, audit."""
